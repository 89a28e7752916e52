"""The rollout of a release: waited for, and explained when it fails."""

from datetime import timedelta
from typing import Any

import pytest

from infra.release.reporting import ReleaseError
from infra.release.rollout import deployment as rollout_deployment
from infra.release.rollout import diagnosis, stopped_task
from infra.release.rollout.deployment import ExpectedDeployment, wait_for_rollout
from infra.release.rollout.diagnosis import CAPACITY, CRASH, IMAGE, MEMORY, SECRET, UNHEALTHY, UNKNOWN, Cause, cause_of
from tests.infra.release.fake_aws import CLUSTER, FAMILY, NOW, FakeAws, deployment, refuse, running_task, task

EXPECTED = ExpectedDeployment(cluster=CLUSTER, service="web-service", task_definition=f"{FAMILY}:8")
EXITED = "Essential container in task exited"
NO_ROOM = "was unable to place a task. Reason: Capacity is unavailable at this time."
LATER = ["has reached a steady state.", "rolling back to deployment 7.", "deployment failed: tasks failed to start."]


def said(aws: FakeAws) -> list[str]:
    """The lines of the error of a failed rollout."""
    with pytest.raises(ReleaseError) as failure:
        wait_for_rollout(aws.session, EXPECTED, lambda _: None)
    return str(failure.value).splitlines()


def explained(aws: FakeAws) -> list[str]:
    service = aws.describe_services()["services"][0]
    return diagnosis.explain(aws.session, CLUSTER, service, f"{FAMILY}:8")


@pytest.fixture
def aws(aws: FakeAws) -> FakeAws:
    aws.runs(8)
    return aws


def test_a_rollout_in_progress_is_waited_for_and_reported(aws: FakeAws) -> None:
    reported: list[str] = []
    aws.deployments = [deployment(8, "IN_PROGRESS", runningCount=0, desiredCount=2)]
    one = deployment(8, "IN_PROGRESS", runningCount=1, desiredCount=2)
    aws.later = [[one], [one], [deployment(8)]]
    assert wait_for_rollout(aws.session, EXPECTED, reported.append)["serviceName"] == "web-service"
    assert reported == ["0 of 2 new tasks run", "1 of 2 new tasks run"]


def test_a_rollout_that_does_not_end_fails(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollout_deployment, "ROLLOUT_SECONDS", 0)
    aws.runs(8, "IN_PROGRESS")
    assert said(aws)[0] == "The release preqly-test-web:8 is not complete after 0 s, in service web-service."


def test_a_release_that_ecs_rolled_back_fails_with_cause_exit_code_log_events_and_fix(aws: FakeAws) -> None:
    aws.runs(7)
    aws.tasks = [task("1", f"{FAMILY}:7"), task("2")]
    aws.logged = {"web/2": ["ModuleNotFoundError: No module named 'core'"], "proxy/2": ["bye"]}
    aws.events = ["event 1", "event 2", "event 3", "event 4"]
    again = (
        f"aws ecs update-service --region us-east-1 --cluster web-cluster --service web-service "
        f"--task-definition {FAMILY}:8 --force-new-deployment"
    )
    assert said(aws) == [
        "The release preqly-test-web:8 does not run, preqly-test-web:7 does, in service web-service.",
        "cause: it crashes",
        f"task 2: container web ended with exit code 3: {EXITED}",
        "  last log lines:",
        "    ModuleNotFoundError: No module named 'core'",
        "event: event 1",
        "event: event 2",
        "event: event 3",
        "fix: the log lines say where; fix it and run `pulumi up` again",
        "Fix the release and run `pulumi up` again.",
        f"If the cause was outside the release, let ECS try again first: {again}",
    ]


def test_a_failed_rollout_is_reported_without_a_cause_when_aws_does_not_answer(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws, "list_tasks", refuse)
    aws.runs(7)
    first, why, *more = said(aws)
    assert first == "The release preqly-test-web:8 does not run, preqly-test-web:7 does, in service web-service."
    assert why.startswith("cause: unknown, AWS did not answer: An error occurred (AccessDeniedException)")
    assert more[0] == "Fix the release and run `pulumi up` again."


def test_a_failed_first_release_fails_although_it_stays_primary(aws: FakeAws) -> None:
    aws.runs(8, "FAILED")
    assert said(aws)[0] == "The release preqly-test-web:8 did not become healthy, in service web-service."


def test_a_deleted_service_is_named(aws: FakeAws) -> None:
    aws.deployments = []
    (line,) = said(aws)
    assert line.startswith(f"Service web-service is not in cluster {CLUSTER}: it was deleted outside Pulumi.")


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ("CannotPullContainerError: pull image manifest has been retried 1 time(s): not found", IMAGE),
        ("ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval", SECRET),
        ("ResourceInitializationError: failed to validate logger args", SECRET),
        ("ECS was unable to assume the role", SECRET),
        ("(service web) was unable to place a task. Reason: Capacity is unavailable at this time.", CAPACITY),
        (f"{EXITED} OutOfMemoryError: Container killed due to memory usage", MEMORY),
        ("Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:x)", UNHEALTHY),
        ("Task failed container health checks", UNHEALTHY),
        (EXITED, CRASH),
        ("CannotStartContainerError: container web: exec: no such file", CRASH),
        ("Scaling activity initiated by (deployment ecs-svc/1)", UNKNOWN),
    ],
)
def test_a_message_of_ecs_means_a_cause(words: str, cause: Cause) -> None:
    assert cause_of(words) == cause
    assert cause.fix


def test_the_newest_three_tasks_of_the_release_are_shown(aws: FakeAws) -> None:
    aws.tasks = [task(str(number)) for number in range(5)]
    assert [line.split()[1] for line in explained(aws) if line.startswith("task ")] == ["4:", "3:", "2:"]
    aws.tasks = [task("1", f"{FAMILY}:7")]
    assert "ECS knows no task of this release; it forgets stopped tasks after an hour" in explained(aws)


def test_equal_log_lines_are_shown_once(aws: FakeAws) -> None:
    aws.tasks = [task("1"), task("2")]
    aws.logged = {"web/1": ["boom"], "web/2": ["boom"]}
    lines = explained(aws)
    assert lines.count("    boom") == lines.count("  the same log lines") == 1


def test_an_unhealthy_task_is_reported_with_the_answers_of_its_health_checks(aws: FakeAws) -> None:
    web = {"name": "web", "healthStatus": "UNHEALTHY", "networkInterfaces": [{"privateIpv4Address": "10.20.0.5"}]}
    aws.tasks = [running_task("9", containers=[web])]
    aws.targets = {"10.20.0.5": {"State": "unhealthy", "Reason": "Target.Timeout", "Description": "Request timed out"}}
    assert {
        "task 9: RUNNING",
        "  container web: its health check fails",
        "  target 10.20.0.5: unhealthy, Target.Timeout, Request timed out",
    } <= set(explained(aws))


def test_exit_codes_of_stopping_tasks_are_waited_for(aws: FakeAws) -> None:
    codes: dict[str, Any] = {"containers": [{"name": "web", "exitCode": 3}], "stoppedAt": "1"}
    aws.tasks = [running_task("9", lastStatus="STOPPING", stoppedReason=EXITED, **codes)]
    aws.gone = ["9"]
    assert f"task 9: container web ended with exit code 3: {EXITED}" in explained(aws)


def test_a_stopping_task_is_reported_with_its_reason_and_the_log_of_the_container_that_others_depend_on(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnosis, "SETTLE_SECONDS", 0)
    aws.tasks = [running_task("9", lastStatus="DEACTIVATING", stoppedReason=EXITED)]
    aws.logged = {"proxy/9": ["connection refused"], "web/9": ["boom"]}
    lines = explained(aws)
    assert lines[0] == f"cause: {CRASH.name}"
    assert {f"task 9: DEACTIVATING, {EXITED}", "    boom"} <= set(lines)
    assert "    connection refused" not in lines


def test_the_load_balancers_reason_is_reported_with_its_task(aws: FakeAws) -> None:
    event = "(service web) (task 1) is unhealthy in (target-group t) due to (reason Health checks failed with 500)."
    aws.events = ["other", "and other", "a third", event]
    aws.tasks = [task("1", stoppedReason="Task failed ELB health checks in (target-group t)")]
    lines = explained(aws)
    assert f"  {event}" in lines
    assert (lines[0], lines[-1]) == (f"cause: {UNHEALTHY.name}", f"fix: {UNHEALTHY.fix}")


def test_without_tasks_the_events_name_the_cause_and_later_ones_do_not_hide_it(aws: FakeAws) -> None:
    aws.runs(7)
    aws.events = [*LATER, NO_ROOM]
    lines = explained(aws)
    assert lines[0] == f"cause: {CAPACITY.name}"
    shown = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    assert shown == [LATER[0], LATER[1], NO_ROOM]


@pytest.mark.parametrize("runs", [7, 8])
def test_events_before_the_rollout_are_ignored(aws: FakeAws, runs: int) -> None:
    # The fourth event is three minutes old.
    aws.deployments = [{**deployment(runs), "createdAt": NOW - timedelta(minutes=2)}]
    aws.registered = NOW - timedelta(minutes=2 if runs == 7 else 60)
    aws.events = [*LATER, NO_ROOM]
    assert explained(aws)[0] == f"cause: {UNKNOWN.name}"


def test_an_error_of_the_load_balancer_hides_nothing_else(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "describe_target_health", refuse)
    aws.tasks = [task("1")]
    assert explained(aws)[0] == f"cause: {CRASH.name}"


def ended(**codes: int | None) -> dict[str, Any]:
    """A stopped task; None is a container that never ran."""
    containers = [{"name": name, **({} if code is None else {"exitCode": code})} for name, code in codes.items()]
    return task("1", containers=containers)


@pytest.mark.parametrize(
    ("stopped", "problem"),
    [
        (ended(migrate=0), None),
        (ended(proxy=143, agent=None, web=3), f"container web ended with exit code 3: {EXITED}"),
        (ended(proxy=137, web=None), f"container web never ran: {EXITED}"),
        ({"stoppedReason": "ResourceInitializationError"}, "no container ran: ResourceInitializationError"),
        ({}, "no container ran: ECS gives no reason"),
    ],
)
def test_the_container_that_failed_is_named_before_those_that_ecs_stopped(
    stopped: dict[str, Any], problem: str | None
) -> None:
    assert stopped_task.problem(stopped) == problem


@pytest.mark.parametrize(
    ("stopped", "container"),
    [
        # ECS stopped every container: the log of the one that others depend on.
        (ended(proxy=137, web=137), "web"),
        (ended(proxy=1, web=143), "proxy"),
    ],
)
def test_the_log_is_that_of_the_container_that_failed_by_itself(
    aws: FakeAws, stopped: dict[str, Any], container: str
) -> None:
    aws.logged = {"proxy/1": ["of proxy"], "web/1": ["of web"]}
    assert stopped_task.last_log_lines(aws.session, f"{FAMILY}:8", stopped) == [f"of {container}"]


def test_missing_permission_for_the_log_is_a_line_of_the_log_and_a_missing_stream_is_none(aws: FakeAws) -> None:
    aws.refuses_logs = "AccessDeniedException"
    (line,) = stopped_task.last_log_lines(aws.session, f"{FAMILY}:8", ended(web=3))
    assert "AccessDeniedException" in line
    assert "GetLogEvents" in line
    aws.refuses_logs = "ResourceNotFoundException"
    assert stopped_task.last_log_lines(aws.session, f"{FAMILY}:8", ended(web=3)) == []
    assert stopped_task.container_log_lines(aws.session, f"{FAMILY}:8", "task/1", "web") == []
