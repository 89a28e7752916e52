"""Everyday commands, which the command line knows, and the stack's page with release, commands and cost."""

import shlex

import pytest
import typer

from infra.composition.commands import Commands
from infra.composition.readme import readme
from infra.pricing.cost import Estimate
from infra.pricing.lines import Line
from infra.pricing.usage import Usage
from ops.cli import app

COMMANDS = Commands(region="eu-west-1", stack="prod")
NAMES = ("logs", "shell", "database", "rollback")


@pytest.mark.parametrize("name", NAMES)
def test_the_command_line_knows_every_word_and_the_stack_and_region_are_named(name):
    program, command, *words = shlex.split(getattr(COMMANDS, name).removeprefix("python -m "))
    assert program == "ops"
    group = typer.main.get_group(app)
    known = group.commands[command]
    options = known.make_context(command, list(words)).params
    assert (options["stack"], options["region"]) == ("prod", "eu-west-1")


PAGE = readme(
    "https://app.preqly.com",
    "0a1b2c3d4e5f-0001",
    COMMANDS,
    Estimate(
        (Line("two tasks", 14.4175), Line("db.x2g.large in one zone", None)),
        (Usage("data through a NAT gateway", 0.045, "GB"),),
    ),
    {"gateway": 36.5, "public": 7.3},
)


def test_the_page_has_address_release_bill_and_the_price_of_each_egress():
    assert PAGE.startswith("# https://app.preqly.com\n\nRelease `0a1b2c3d4e5f-0001`.")
    assert "| two tasks | 14.42 |" in PAGE
    assert "| **total** | **14.42** |" in PAGE
    assert "| db.x2g.large in one zone | no price known |" in PAGE
    assert "- data through a NAT gateway: 0.045 per GB" in PAGE
    assert "By `egress`: `gateway` 36.50, `public` 7.30." in PAGE


def test_commands_stand_alone_on_their_line_ready_to_be_copied():
    lines = PAGE.splitlines()
    for command in (COMMANDS.logs, COMMANDS.shell, COMMANDS.database, COMMANDS.rollback):
        at = lines.index(command)
        assert (lines[at - 1], lines[at + 1]) == ("```sh", "```")
