"""Everyday commands, which AWS's command line knows, and the stack's page with release, commands and cost."""

import re
import subprocess

import botocore.session
import pytest
from botocore import xform_name

from infra.composition.commands import Commands
from infra.composition.readme import readme
from infra.pricing.cost import Estimate, Line
from infra.pricing.usage import Usage

COMMANDS = Commands(
    region="eu-west-1",
    stack="prod",
    cluster="web-cluster-1",
    service="web-service-1",
    log_group="logs-application-1",
    database_address="database.c1.eu-west-1.rds.amazonaws.com",
    database_port=5433,
)
AWS = {name: getattr(COMMANDS, name) for name in ("logs", "shell", "database")}

# `logs tail` and these options belong to the command line itself, not to a service's API.
GLOBAL = {"region", "query", "output", "no-paginate"}
OWN = {"logs tail": {"follow"}}


def calls(line):
    """Each call of `aws` in a line, the inner ones of $( ) on their own."""
    nested = re.compile(r"\$\(([^()]*)\)")
    while inner := nested.search(line):
        yield from calls(inner[1])
        line = line.replace(inner[0], "found", 1)
    for part in line.split(" && "):
        if "aws " in part:
            yield part.partition("aws ")[2]


def known_options(service, command):
    if f"{service} {command}" in OWN:
        return OWN[f"{service} {command}"]
    model = botocore.session.get_session().get_service_model(service)
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    shape = model.operation_model(operations[command]).input_shape
    return {xform_name(member, "-") for member in shape.members} if shape else set()


@pytest.mark.parametrize("name", AWS)
def test_shell_and_aws_know_every_word_each_call_names_the_region_and_takes_one_answer_from_one_page(name):
    subprocess.run(["sh", "-n", "-c", AWS[name]], check=True)
    found = list(calls(AWS[name]))
    assert found
    for call in found:
        service, command = call.split()[:2]
        options = set(re.findall(r"(?<= --)[a-z-]+", re.sub(r"'[^']*'", "", call)))
        assert options <= known_options(service, command) | GLOBAL, call
        assert "--region eu-west-1" in call
        assert "--no-paginate" in call.split() or not command.startswith("list-")


def test_the_commands_name_container_database_and_stack_and_no_password():
    assert "--container web --interactive --command /bin/sh" in COMMANDS.shell
    assert COMMANDS.rollback == "python -m ops rollback --stack prod --region eu-west-1"
    assert '"host":["database.c1.eu-west-1.rds.amazonaws.com"]' in COMMANDS.database
    assert '"portNumber":["5433"]' in COMMANDS.database
    assert "password" not in COMMANDS.database.lower()


def run_with_fake_aws(line, tmp_path, **variables):
    """Run a line in a shell whose `aws` writes down its arguments and answers like AWS."""
    log = tmp_path / "calls"
    fake = tmp_path / "aws"
    fake.write_text(
        "#!/bin/sh\n"
        f'printf "%s|" "$@" >> {log}; echo >> {log}\n'
        'case "$2" in\n'
        "list-tasks) echo arn:aws:ecs:eu-west-1:123456789012:task/web-cluster-1/abc ;;\n"
        "describe-tasks) echo abc-123 ;;\n"
        "esac\n"
    )
    fake.chmod(0o755)
    subprocess.run(["sh", "-c", line], env={"PATH": f"{tmp_path}:/usr/bin:/bin", **variables}, check=True)
    return [line.rstrip("|").split("|") for line in log.read_text().splitlines()]


def test_the_tunnel_goes_through_the_container_that_runs(tmp_path):
    *_, session = run_with_fake_aws(COMMANDS.database, tmp_path)
    assert session[session.index("--target") + 1] == "ecs:web-cluster-1_abc_abc-123"


def test_the_tunnel_goes_through_another_task_that_the_variable_names(tmp_path):
    *_, session = run_with_fake_aws(COMMANDS.database, tmp_path, TASK="arn:aws:ecs:eu-west-1:1:task/web-cluster-1/own")
    assert session[session.index("--target") + 1] == "ecs:web-cluster-1_own_abc-123"


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
