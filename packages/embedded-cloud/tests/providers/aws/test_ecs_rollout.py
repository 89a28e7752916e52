"""Steady state of an ECS service, and messages of a failed rollout."""

from typing import Any

import pytest

from embedded_cloud.providers.aws.ecs import rollout
from embedded_cloud.providers.aws.ecs.rollout import RolloutError, wait_until_steady
from embedded_cloud.providers.call import Call

NEW = "arn:aws:ecs:us-east-1:123456789012:task-definition/web:2"
OLD = "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1"


def deployment(status: str, task_definition: str, state: str, **rest: Any) -> dict[str, Any]:
    return {"status": status, "taskDefinition": task_definition, "rolloutState": state, **rest}


def service(*deployments: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"serviceName": "web", "status": "ACTIVE", "deployments": list(deployments), "events": [], **rest}


class Ecs:
    """ECS with one answer after the other; the last one stays."""

    def __init__(self, *answers: dict[str, Any], tasks: list[dict[str, Any]] | None = None) -> None:
        self._answers, self._tasks = list(answers), tasks or []

    def describe_services(self, **_: Any) -> dict[str, Any]:
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return {"services": [answer] if answer else []}

    def list_tasks(self, **_: Any) -> dict[str, Any]:
        return {"taskArns": [task["taskArn"] for task in self._tasks]}

    def describe_tasks(self, **_: Any) -> dict[str, Any]:
        return {"tasks": self._tasks}


class Clients:
    """The provider's clients, of which a rollout needs one."""

    def __init__(self, ecs: Ecs) -> None:
        self._ecs = ecs
        self.region = "us-east-1"

    def get(self, service: str, region: str) -> Ecs:
        assert service == "ecs"
        return self._ecs


def call(ecs: Ecs, timeout: float = 0) -> Call:
    return Call(Clients(ecs), "aws:ecs/service:Service", timeout=timeout)  # type: ignore[arg-type] # as much as is used


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollout, "POLL_SECONDS", 0.0)


def test_a_completed_rollout_of_the_asked_revision_is_done() -> None:
    wait_until_steady(call(Ecs(service(deployment("PRIMARY", NEW, "COMPLETED")))), "c", "web", NEW)


def test_a_rollout_in_progress_is_waited_for_and_told() -> None:
    started = service(deployment("PRIMARY", NEW, "IN_PROGRESS", runningCount=1, desiredCount=2))
    lines: list[str] = []
    ecs = Ecs(started, started, service(deployment("PRIMARY", NEW, "COMPLETED", runningCount=2, desiredCount=2)))
    watched = call(ecs)
    watched.log = lines.append
    wait_until_steady(watched, "c", "web", NEW)
    assert lines == ["1 of 2 tasks of the new release run", "2 of 2 tasks of the new release run"]


def test_a_failed_rollout_names_reason_events_and_stopped_tasks() -> None:
    failed = service(
        deployment(
            "PRIMARY", NEW, "FAILED", rolloutStateReason="ECS deployment circuit breaker: tasks failed to start."
        ),
        events=[{"message": "(service web) is unhealthy"}],
    )
    task = {
        "taskArn": "arn:aws:ecs:us-east-1:123456789012:task/c/abc",
        "taskDefinitionArn": NEW,
        "stoppedReason": "Essential container in task exited",
        "containers": [{"name": "web", "exitCode": 3, "reason": "boom"}, {"name": "proxy", "exitCode": 0}],
    }
    with pytest.raises(RolloutError) as failure:
        wait_until_steady(call(Ecs(failed, tasks=[task])), "c", "web", NEW)
    assert str(failure.value).splitlines() == [
        "service web failed to roll out web:2. ECS deployment circuit breaker: tasks failed to start.",
        "  task abc stopped: Essential container in task exited; web exit code 3 (boom)",
        "  event: (service web) is unhealthy",
    ]


def test_a_rollback_is_a_failure_even_when_the_old_release_is_steady() -> None:
    rolled_back = service(
        deployment("PRIMARY", OLD, "COMPLETED"),
        deployment("ACTIVE", NEW, "FAILED", rolloutStateReason="circuit breaker"),
    )
    with pytest.raises(RolloutError, match=r"rolled back to web:1: web:2 did not become healthy\. circuit breaker"):
        wait_until_steady(call(Ecs(rolled_back)), "c", "web", NEW)


def test_the_wait_is_bounded() -> None:
    started = service(deployment("PRIMARY", NEW, "IN_PROGRESS", runningCount=0, desiredCount=2))
    with pytest.raises(RolloutError, match="not steady after 0 s: 0 of 2 tasks"):
        wait_until_steady(call(Ecs(started), timeout=0.01), "c", "web", NEW)


@pytest.mark.parametrize("answer", [{}, service(status="INACTIVE")])
def test_a_service_that_is_gone_is_named(answer: dict[str, Any]) -> None:
    with pytest.raises(RolloutError, match="service web does not exist in cluster c"):
        wait_until_steady(call(Ecs(answer)), "c", "web", NEW)
