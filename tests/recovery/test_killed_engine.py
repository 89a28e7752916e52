"""The engine killed in the middle of a run: the same command continues, and no resource is orphaned.

It is killed after every 40th operation, and after each one with `make test LONG=1`. The tests run in this order."""

from collections.abc import Iterator
from typing import Any

import pytest

from embedded_cloud.testing.engine_stack import engine_marks
from tests.recovery.killable_stack import KillableStack, killable_stack

pytestmark = engine_marks

MOST_KILLS = 400
OPERATIONS = 100
"""A first deployment and a removal have more than these."""
RAISED = {"preqly:minTasks": 3, "preqly:maxTasks": 3, "preqly:secretsGeneration": 2, "preqly:databaseBackupDays": 8}


@pytest.fixture(scope="module", params=[40, pytest.param(1, marks=pytest.mark.long)])
def step(request: pytest.FixtureRequest) -> int:
    """Operations between two kills."""
    found: int = request.param
    return found


@pytest.fixture(scope="module")
def stack(step: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KillableStack]:
    with killable_stack(tmp_path_factory.mktemp("stack")) as made:
        yield made


def kill_until_done(stack: KillableStack, command: str, step: int, **options: Any) -> int:
    """Repeat the command until it succeeds; the number of kills."""
    stack.done.clear()
    for kills in range(MOST_KILLS):
        outcome = stack.run(command, kill_after=step, parallel=1, **options)
        if outcome.succeeded:
            return kills
        assert "was killed" in outcome.printed, outcome.printed
    raise AssertionError(f"{command} does not converge")


def test_a_first_deployment_killed_after_the_nth_operation_converges(stack: KillableStack, step: int) -> None:
    kills = kill_until_done(stack, "up", step)
    assert kills >= OPERATIONS // step
    assert stack.orphans() == set()


def test_after_it_nothing_changes_and_nothing_has_drifted(stack: KillableStack) -> None:
    assert stack.run("up").changes == {}
    assert stack.run("refresh").changes == {}
    assert stack.pending() == []


def test_the_services_made_their_roles_in_an_account_that_had_none(stack: KillableStack) -> None:
    roles = stack.aws("iam").list_roles(PathPrefix="/aws-service-role/")["Roles"]
    assert {role["RoleName"].removeprefix("AWSServiceRoleFor") for role in roles} == {
        "ApplicationAutoScaling_ECSService",
        "ECS",
        "ElasticLoadBalancing",
        "RDS",
    }
    assert not any(stack.aws("iam").list_role_tags(RoleName=role["RoleName"])["Tags"] for role in roles)


def test_an_update_killed_after_the_nth_operation_converges(stack: KillableStack, step: int) -> None:
    kills = kill_until_done(stack, "up", max(1, step // 8), settings=RAISED)
    assert kills >= 2
    assert stack.run("up", settings=RAISED).changes == {}
    assert stack.orphans() == set()


def test_a_removal_killed_after_the_nth_operation_leaves_nothing(stack: KillableStack, step: int) -> None:
    kills = kill_until_done(stack, "destroy", step, settings=RAISED)
    assert kills >= OPERATIONS // step
    assert stack.state().get("resources", []) == []
    assert stack.created() == set()
