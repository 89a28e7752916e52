"""Processes of a release: brought to it side by side, back after a failure, and stopped when it does not have them."""

from dataclasses import replace
from typing import Any

import pytest

from infra.release.reporting import ReleaseError
from infra.release.rollout import processes
from infra.release.rollout.processes import of_release, return_to, roll_out, stop_removed
from tests.infra.release.fake_aws import CLUSTER, NOW, RELEASE, FakeAws, task

WORKER, BEAT = (f"arn:aws:ecs:us-east-1:123456789012:task-definition/preqly-test-{name}" for name in ("worker", "beat"))
NEW = replace(
    RELEASE,
    number=5,
    process_services={"worker": "worker-service", "beat": "beat-service"},
    process_task_definitions={"worker": f"{WORKER}:2", "beat": f"{BEAT}:2", "command": "command:2"},
)
OLD = replace(NEW, number=4, process_task_definitions={"worker": f"{WORKER}:1", "beat": f"{BEAT}:1"})


class Services(FakeAws):
    """Services of processes that do at once what they are asked for, but for task definitions in `crashing`."""

    def __init__(self) -> None:
        super().__init__()
        self.services: dict[str, dict[str, Any]] = {}
        self.crashing: set[str] = set()
        self.suspended: dict[str, bool] = {}
        for name in ("worker-service", "beat-service"):
            self.run(name, "nothing:1")

    def run(self, name: str, definition: str, *, desired: int = 1, state: str = "COMPLETED") -> None:
        primary = {"status": "PRIMARY", "taskDefinition": definition, "rolloutState": state, "createdAt": NOW}
        known = {"clusterArn": CLUSTER, "serviceName": name, "status": "ACTIVE", "events": [], "loadBalancers": []}
        self.services[name] = {**known, "desiredCount": desired, "deployments": [primary]}

    def runs_now(self) -> dict[str, tuple[str, int]]:
        """Task definition and number of tasks by service."""
        return {
            name: (one["deployments"][0]["taskDefinition"].rpartition("/")[2], one["desiredCount"])
            for name, one in self.services.items()
        }

    def describe_services(self, **asked: Any) -> dict[str, Any]:
        return {"services": [self.services[name] for name in asked["services"] if name in self.services]}

    def update_service(self, *, service: str, **changes: Any) -> dict[str, Any]:
        now = self.services[service]
        definition = changes.get("taskDefinition", now["deployments"][0]["taskDefinition"])
        state = "FAILED" if definition in self.crashing else "COMPLETED"
        self.run(service, definition, desired=changes.get("desiredCount", now["desiredCount"]), state=state)
        return {}

    def describe_scalable_targets(self, **_: Any) -> dict[str, Any]:
        return {"ScalableTargets": [{"MinCapacity": 3}]}

    def register_scalable_target(self, *, ResourceId: str, SuspendedState: dict[str, bool], **_: Any) -> dict[str, Any]:  # noqa: N803
        (self.suspended[ResourceId.rpartition("/")[2]],) = set(SuspendedState.values())
        return {}


@pytest.fixture
def ecs(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> Services:
    monkeypatch.setattr(processes, "equivalent", lambda _, one, other: one.removesuffix("-by-ops") == other)
    return Services()


def test_each_process_gets_its_task_definition_and_what_runs_is_left_alone(ecs: Services) -> None:
    ecs.run("worker-service", f"{WORKER}:2")
    assert roll_out(ecs.session, of_release(NEW), print) == {"worker": f"{WORKER}:2", "beat": f"{BEAT}:2"}
    assert [one["service"] for one in ecs.asked("update_service")] == ["beat-service"]


def test_a_task_definition_that_ops_registered_for_the_same_release_stays(ecs: Services) -> None:
    ecs.run("worker-service", f"{WORKER}:2-by-ops")
    assert roll_out(ecs.session, of_release(NEW)[:1], print) == {"worker": f"{WORKER}:2-by-ops"}
    assert ecs.asked("update_service") == []


def test_each_process_that_fails_is_named_with_its_exit_code_and_its_last_lines(ecs: Services) -> None:
    ecs.crashing = {f"{WORKER}:2", f"{BEAT}:2"}
    ecs.tasks = [task("1", f"{WORKER}:2", group="service:worker-service", containers=[{"name": "web", "exitCode": 3}])]
    ecs.logged = {"web/1": ["no broker on purpose"]}
    with pytest.raises(ReleaseError) as failed:
        roll_out(ecs.session, of_release(NEW), print)
    for words in ("Process worker: preqly-test-worker:2 did not become healthy", "exit code 3", "Process beat: "):
        assert words in str(failed.value)
    assert "no broker on purpose" in str(failed.value)
    assert "update-service" not in str(failed.value), "the next update tries again by itself"


def test_a_command_that_ends_is_no_process(ecs: Services) -> None:
    ecs.crashing = {f"{WORKER}:2"}
    ended = {"containers": [{"name": "worker", "exitCode": 0}], "group": "service:worker-service"}
    ecs.tasks = [task("1", f"{WORKER}:2", **ended)]
    with pytest.raises(ReleaseError, match="task 1: every container ended with exit code 0: Essential container"):
        roll_out(ecs.session, of_release(NEW)[:1], print)


def test_what_ecs_has_given_up_is_started_again(ecs: Services) -> None:
    ecs.run("worker-service", f"{WORKER}:2", state="FAILED")
    roll_out(ecs.session, of_release(NEW)[:1], print)
    (asked,) = ecs.asked("update_service")
    assert (asked["taskDefinition"], asked["forceNewDeployment"]) == (f"{WORKER}:2", True)


def test_a_process_that_the_release_does_not_have_stops_and_scaling_does_not_start_it(ecs: Services) -> None:
    reported: list[str] = []
    without = replace(NEW, process_task_definitions={"worker": f"{WORKER}:2"})
    assert roll_out(ecs.session, of_release(without), reported.append)["beat"] == ""
    assert ecs.runs_now()["beat-service"][1] == 0
    assert ecs.suspended == {"beat-service": True}
    assert "Process beat stops: the release does not have it" in reported


def test_a_stopped_process_comes_back_with_its_least_tasks_and_its_scaling(ecs: Services) -> None:
    ecs.run("worker-service", f"{WORKER}:2", desired=0)
    roll_out(ecs.session, of_release(NEW)[:1], print)
    assert ecs.runs_now()["worker-service"] == ("preqly-test-worker:2", 3)
    assert ecs.suspended == {"worker-service": False}
    assert ecs.asked("update_service")[0]["forceNewDeployment"], "a complete deployment without tasks shows nothing"


def test_after_a_failed_release_the_processes_of_the_one_on_record_come_back(ecs: Services) -> None:
    for name, definition in (("worker-service", WORKER), ("beat-service", BEAT)):
        ecs.run(name, f"{definition}:2")
    before = replace(OLD, process_task_definitions={"worker": f"{WORKER}:1"})
    lines = return_to(ecs.session, before, of_release(NEW))
    assert lines == [
        "Process worker returns to preqly-test-worker:1 of release 4.",
        "Process beat stops: release 4 does not have it.",
    ]
    assert ecs.runs_now() == {"worker-service": ("preqly-test-worker:1", 1), "beat-service": ("preqly-test-beat:2", 0)}


def test_a_removed_process_stops_before_the_secrets_that_it_holds_are_retired(ecs: Services) -> None:
    del ecs.services["beat-service"]
    stop_removed(ecs.session, OLD, replace(NEW, process_services={}), print)
    assert ecs.runs_now()["worker-service"][1] == 0
    assert ecs.suspended == {"worker-service": True}, "and one that is deleted already is no error"
