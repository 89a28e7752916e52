"""The stack's page has the release, commands ready to copy, and the cost."""

from infra.composition.readme import readme
from infra.pricing.cost import Estimate, Line
from tests.infra.composition.test_commands import COMMANDS

PAGE = readme(
    "https://app.preqly.com",
    "0a1b2c3d4e5f-0001",
    COMMANDS,
    Estimate((Line("two tasks", 14.4175), Line("db.x2g.large in one zone", None))),
    {"gateway": 36.5, "public": 7.3},
)


def test_it_opens_with_where_the_site_is_and_which_release_runs():
    assert PAGE.startswith("# https://app.preqly.com\n\nRelease `0a1b2c3d4e5f-0001`.")


def test_commands_stand_alone_on_their_line_ready_to_be_copied():
    lines = PAGE.splitlines()
    for command in (COMMANDS.logs, COMMANDS.shell, COMMANDS.database, COMMANDS.rollback):
        at = lines.index(command)
        assert (lines[at - 1], lines[at + 1]) == ("```sh", "```")


def test_the_bill_is_a_table_with_its_sum():
    assert "| two tasks | 14.42 |" in PAGE
    assert "| **total** | **14.42** |" in PAGE


def test_what_has_no_price_says_so():
    assert "| db.x2g.large in one zone | no price known |" in PAGE


def test_choices_stand_side_by_side():
    assert "By `egress`: `gateway` 36.50, `public` 7.30." in PAGE
