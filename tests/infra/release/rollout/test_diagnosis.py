from datetime import timedelta
from typing import Any

import pytest

from infra.release.rollout import diagnosis, stopped_task
from infra.release.rollout.diagnosis import CAPACITY, CRASH, IMAGE, MEMORY, SECRET, UNHEALTHY, UNKNOWN, Cause, cause_of
from tests.infra.release.fake_aws import FAMILY, NOW, FakeAws, deployment, refusal, running_task, task
from tests.infra.release.stubs import CLUSTER


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    monkeypatch.setattr(stopped_task, "LOG_PAUSE_SECONDS", 0)
    monkeypatch.setattr(diagnosis, "POLL_SECONDS", 0)
    made = FakeAws()
    made.runs(8)
    return made


def explained(aws: FakeAws) -> list[str]:
    service = aws.describe_services()["services"][0]
    return diagnosis.explain(aws.session, CLUSTER, service, f"{FAMILY}:8")


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ("CannotPullContainerError: pull image manifest has been retried 1 time(s): not found", IMAGE),
        ("ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval", SECRET),
        ("ResourceInitializationError: failed to validate logger args", SECRET),
        ("ECS was unable to assume the role", SECRET),
        ("(service web) was unable to place a task. Reason: Capacity is unavailable at this time.", CAPACITY),
        ("Essential container in task exited OutOfMemoryError: Container killed due to memory usage", MEMORY),
        ("Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:x)", UNHEALTHY),
        ("Task failed container health checks", UNHEALTHY),
        ("Essential container in task exited", CRASH),
        ("CannotStartContainerError: container web: exec: no such file", CRASH),
        ("Scaling activity initiated by (deployment ecs-svc/1)", UNKNOWN),
    ],
)
def test_a_message_of_ecs_means_a_cause(words: str, cause: Cause) -> None:
    assert cause_of(words) == cause
    assert cause.fix


def test_the_newest_tasks_come_first_and_no_more_than_three(aws: FakeAws) -> None:
    aws.tasks = [task(str(number)) for number in range(5)]
    assert [line.split()[1] for line in explained(aws) if line.startswith("task ")] == ["4:", "3:", "2:"]


def test_tasks_of_other_releases_are_left_out(aws: FakeAws) -> None:
    aws.tasks = [task("1", f"{FAMILY}:7")]
    assert "ECS knows no task of this release; it forgets stopped tasks after an hour" in explained(aws)


def test_equal_log_lines_are_shown_once(aws: FakeAws) -> None:
    aws.tasks = [task("1"), task("2")]
    aws.logged = {"web/1": ["boom"], "web/2": ["boom"]}
    lines = explained(aws)
    assert lines.count("    boom") == 1
    assert "  the same log lines" in lines


def test_an_unhealthy_task_is_reported_with_the_answers_of_its_health_checks(aws: FakeAws) -> None:
    unhealthy: dict[str, Any] = {
        "containers": [
            {
                "name": "web",
                "healthStatus": "UNHEALTHY",
                "networkInterfaces": [{"privateIpv4Address": "10.20.0.5"}],
            }
        ]
    }
    aws.tasks = [running_task("9", **unhealthy)]
    aws.targets = {"10.20.0.5": {"State": "unhealthy", "Reason": "Target.Timeout", "Description": "Request timed out"}}
    lines = explained(aws)
    assert "task 9: RUNNING" in lines
    assert "  container web: its health check fails" in lines
    assert "  target 10.20.0.5: unhealthy, Target.Timeout, Request timed out" in lines


def test_exit_codes_of_stopping_tasks_are_waited_for(aws: FakeAws) -> None:
    codes: dict[str, Any] = {"containers": [{"name": "web", "exitCode": 3}], "stoppedAt": "1"}
    aws.tasks = [running_task("9", lastStatus="STOPPING", stoppedReason="Essential container in task exited", **codes)]
    aws.gone = ["9"]
    assert "task 9: container web ended with exit code 3: Essential container in task exited" in explained(aws)


def test_a_stopping_task_is_reported_with_its_reason_and_the_log_of_the_container_that_others_depend_on(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnosis, "SETTLE_SECONDS", 0)
    aws.tasks = [running_task("9", lastStatus="DEACTIVATING", stoppedReason="Essential container in task exited")]
    aws.logged = {"proxy/9": ["connection refused"], "web/9": ["boom"]}
    lines = explained(aws)
    assert lines[0] == f"cause: {CRASH.name}"
    assert "task 9: DEACTIVATING, Essential container in task exited" in lines
    assert "    boom" in lines
    assert "    connection refused" not in lines


def test_the_load_balancers_reason_is_reported_with_its_task(aws: FakeAws) -> None:
    event = "(service web) (task 1) is unhealthy in (target-group t) due to (reason Health checks failed with 500)."
    aws.events = ["other", "and other", "a third", event]
    aws.tasks = [task("1", stoppedReason="Task failed ELB health checks in (target-group t)")]
    lines = explained(aws)
    assert f"  {event}" in lines
    assert lines[0] == f"cause: {UNHEALTHY.name}"
    assert lines[-1] == f"fix: {UNHEALTHY.fix}"


def test_without_tasks_the_events_name_the_cause(aws: FakeAws) -> None:
    aws.events = ["was unable to place a task. Reason: Capacity is unavailable at this time."]
    assert explained(aws)[0] == f"cause: {CAPACITY.name}"


NO_ROOM = "was unable to place a task. Reason: Capacity is unavailable at this time."
LATER = ["has reached a steady state.", "rolling back to deployment 7.", "deployment failed: tasks failed to start."]


def test_later_events_do_not_hide_the_cause(aws: FakeAws) -> None:
    aws.runs(7)
    aws.events = [*LATER, NO_ROOM]
    lines = explained(aws)
    assert lines[0] == f"cause: {CAPACITY.name}"
    assert [line for line in lines if line.startswith("event: ")] == [
        f"event: {one}" for one in (LATER[0], LATER[1], NO_ROOM)
    ]


@pytest.mark.parametrize("runs", [7, 8])
def test_events_before_the_rollout_are_ignored(aws: FakeAws, runs: int) -> None:
    # The fourth event is three minutes old.
    aws.deployments = [{**deployment(runs), "createdAt": NOW - timedelta(minutes=2)}]
    aws.registered = NOW - timedelta(minutes=2 if runs == 7 else 60)
    aws.events = [*LATER, NO_ROOM]
    assert explained(aws)[0] == f"cause: {UNKNOWN.name}"


def test_an_error_of_the_load_balancer_hides_nothing_else(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise refusal("AccessDenied")

    monkeypatch.setattr(aws, "describe_target_health", refuse)
    aws.tasks = [task("1")]
    assert explained(aws)[0] == f"cause: {CRASH.name}"
