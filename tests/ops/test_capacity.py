"""`scale` and `restart`."""

from typing import Any

import pytest

from infra.release.rollout.deployment import ExpectedDeployment
from ops.ecs import capacity
from tests.ops.conftest import Ops
from tests.ops.fixtures import CLUSTER, SERVICE, DeployedStack


@pytest.fixture
def scaled(stack: DeployedStack) -> DeployedStack:
    """A stack whose settings allow two to four tasks."""
    stack.deploy("one")
    stack.session.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId=f"service/{CLUSTER}/{SERVICE}",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=2,
        MaxCapacity=4,
    )
    return stack


def desired(stack: DeployedStack) -> int:
    (service,) = stack.ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"]
    return int(service["desiredCount"])


def test_scale_sets_the_number_of_tasks_and_waits_for_them(
    scaled: DeployedStack, ops: Ops, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(capacity, "_wait", lambda _, release, tasks, __: asked.append({release.service: tasks}))
    result = ops("scale", "web", "3")
    assert (result.code, desired(scaled), asked) == (0, 3, [{SERVICE: 3}]), result.err
    assert "web: 3 tasks run, 2 before" in result.out


@pytest.mark.parametrize(("tasks", "setting"), [("5", "maxTasks 5"), ("1", "minTasks 1")])
def test_scale_refuses_what_the_settings_do_not_allow(
    scaled: DeployedStack, ops: Ops, tasks: str, setting: str
) -> None:
    result = ops("scale", "web", tasks)
    assert (result.code, desired(scaled)) == (3, 2)
    assert "allow 2 to 4 tasks of web" in result.err
    assert f"pulumi config set {setting}" in result.err


def test_an_unknown_process_is_named_with_those_that_exist(scaled: DeployedStack, ops: Ops) -> None:
    result = ops("restart", "wroker")
    assert result.code == 2
    assert "has no process wroker. It has web" in result.err


def service(stack: DeployedStack) -> dict[str, Any]:
    (found,) = stack.ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"]
    return dict(found)


def test_restart_replaces_the_tasks_and_keeps_the_task_definition(
    scaled: DeployedStack, ops: Ops, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = service(scaled)
    waited = []

    def wait(_: Any, expected: ExpectedDeployment, __: Any) -> dict[str, Any]:
        waited.append(expected.task_definition)
        return service(scaled)

    monkeypatch.setattr(capacity, "wait_for_rollout", wait)
    result = ops("restart")
    assert result.code == 0, result.err
    assert waited == [before["taskDefinition"]]
    assert service(scaled)["deployments"][0]["id"] != before["deployments"][0]["id"]


def test_a_restart_that_ecs_rolls_back_is_an_error_with_its_cause(
    scaled: DeployedStack, ops: Ops, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rollback runs the task definition that the restart asked for, in the deployment before."""
    before = service(scaled)
    monkeypatch.setattr(capacity, "wait_for_rollout", lambda *_: before)
    result = ops("restart")
    assert result.code == 1
    assert "The new tasks of web do not run" in result.err
    assert "cause: " in result.err
    assert "every task is new" not in result.out
