"""The deploy role of the pipelines is enough for every run, and asks for nothing that its table does not have."""

from collections.abc import Iterator
from typing import Any

import pytest

from embedded_cloud.testing.engine_stack import engine_marks
from infra.provider.actions.table import EVERYTHING
from tests.recovery.deploy_role import DeployRole, deploy_with_it
from tests.recovery.killable_stack import killable_stack

pytestmark = engine_marks

PLAIN: dict[str, Any] = {}
CHANGED: dict[str, Any] = {"preqly:minTasks": 3, "preqly:maxTasks": 3, "preqly:secretsGeneration": 2}
OTHER: dict[str, Any] = {
    **CHANGED,
    "preqly:egress": "endpoints",
    "preqly:cache": "valkey",
    "preqly:waf": True,
    "preqly:alarmEmail": "ops@preqly.com",
    "preqly:monthlyBudgetUsd": 200,
    "preqly:databaseMultiAz": True,
}
"""As far from the first run as one stack can go."""

HANDED_OVER = {"iam:CreateServiceLinkedRole", "iam:PassRole"}
"""Rows name the services that get or make roles, not these actions."""


@pytest.fixture(scope="module")
def role(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployRole]:
    """It deploys into an account without service-linked roles."""
    with killable_stack(tmp_path_factory.mktemp("stack")) as stack:
        yield deploy_with_it(stack)


@pytest.mark.parametrize(
    ("command", "settings"),
    [("up", PLAIN), ("up", CHANGED), ("up", OTHER), ("refresh", OTHER), ("destroy", OTHER)],
    ids=["first", "changed", "with other settings", "refresh", "destroy"],
)
def test_no_call_of_a_run_is_refused(role: DeployRole, command: str, settings: dict[str, Any]) -> None:
    bounded = {"preqly:permissionsBoundary": role.boundary_arn}
    outcome = role.stack.run(command, settings={**bounded, **settings})
    refused = {action: why for action, why in role.asked().items() if why}
    assert refused == {}, outcome.printed
    assert outcome.succeeded, outcome.printed


def test_every_action_of_the_runs_is_in_the_table(role: DeployRole) -> None:
    asked = set(role.asked())
    assert {"ec2:CreateVpc", "rds:DeleteDBInstance", "wafv2:CreateWebACL", "elasticache:CreateUser"} <= asked
    assert sorted(asked - HANDED_OVER - {action for row in EVERYTHING for action in row.all}) == []
