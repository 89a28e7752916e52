"""One-off tasks of a release, and the state of the migrations that one of them logs."""

import json
import time
from dataclasses import replace
from typing import Any

import pytest

from infra.release.migration import one_off_task, release_state
from infra.release.migration.one_off_task import OneOffTask, TaskFailed
from infra.release.migration.release_state import STATE_COMMAND, ReleaseState, read
from infra.release.reporting import ReleaseError
from infra.release.rollout import stopped_task
from tests.infra.release.fake_aws import CLUSTER, MIGRATION, TASK, FakeAws, refusal, refuse, running_task, task

ONE_OFF = OneOffTask(
    cluster=CLUSTER,
    task_definition=MIGRATION,
    subnets=["subnet-a"],
    security_groups=["sg-t"],
    public_address=False,
    timeout_seconds=3,
)
STATE = {"event": "release_state", "unapplied": ["core.0002_b"], "unknown": [], "heads": {"core": "0002_b"}}


def ended(exit_code: int | None, why: str = "Essential container in task exited", **container: str) -> Any:
    """The stopped migration task."""
    code = {} if exit_code is None else {"exitCode": exit_code}
    return task("1", MIGRATION, stoppedReason=why, containers=[{"name": "migrate", **code, **container}])


@pytest.fixture
def aws(aws: FakeAws) -> FakeAws:
    aws.tasks = [ended(0)]
    return aws


def failure(aws: FakeAws) -> str:
    with pytest.raises(TaskFailed) as failed:
        one_off_task.run(aws.session, ONE_OFF)
    return str(failed.value)


def test_the_task_runs_once_in_its_network_and_returns_its_arn(aws: FakeAws) -> None:
    assert one_off_task.run(aws.session, ONE_OFF) == TASK
    network = {"subnets": ["subnet-a"], "securityGroups": ["sg-t"], "assignPublicIp": "DISABLED"}
    assert aws.asked("run_task") == [
        {
            "cluster": CLUSTER,
            "taskDefinition": MIGRATION,
            "count": 1,
            "launchType": "FARGATE",
            "platformVersion": "LATEST",
            "propagateTags": "TASK_DEFINITION",
            "startedBy": "release",
            "networkConfiguration": {"awsvpcConfiguration": network},
        }
    ]


def test_a_command_replaces_that_of_the_container(aws: FakeAws) -> None:
    one_off_task.run(aws.session, replace(ONE_OFF, command=("python", "manage.py", "migration_state")))
    overrides = {"containerOverrides": [{"name": "migrate", "command": ["python", "manage.py", "migration_state"]}]}
    assert aws.asked("run_task")[0]["overrides"] == overrides


def test_a_failed_task_is_reported_with_exit_code_reason_and_last_lines(aws: FakeAws) -> None:
    aws.tasks = [ended(1)]
    aws.logged = {"migrate/1": ["Applying core.0002_rating...", 'DuplicateColumn: column "rating" already exists\n']}
    assert failure(aws).splitlines() == [
        "the migration failed: container migrate ended with exit code 1: Essential container in task exited",
        f"task: {TASK}",
        "last log lines:",
        "  Applying core.0002_rating...",
        '  DuplicateColumn: column "rating" already exists',
    ]


def test_a_container_that_never_ran_is_reported_with_its_reason(aws: FakeAws) -> None:
    aws.tasks = [ended(None, "Task failed to start", reason="CannotPullContainerError: no route")]
    aws.refuses_logs = "ResourceNotFoundException"
    said = failure(aws)
    assert "never ran: Task failed to start: CannotPullContainerError: no route" in said
    assert "it wrote no log lines" in said


def test_a_task_that_does_not_end_is_stopped(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(100))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    aws.tasks = [running_task("1", MIGRATION, containers=[{"name": "migrate"}])]
    aws.logged = {"migrate/1": ["waiting for a lock on core_movie"]}
    said = failure(aws)
    assert "did not end in 3 s and was stopped" in said
    assert "waiting for a lock on core_movie" in said
    assert [one["task"] for one in aws.asked("stop_task")] == [TASK]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            {"tasks": [], "failures": [{"reason": "RESOURCE:ENI"}]},
            f"could not start on cluster {CLUSTER}: RESOURCE:ENI",
        ),
        (refusal("AccessDeniedException", message="not authorized to perform: ecs:RunTask"), "could not start: "),
    ],
)
def test_a_task_that_does_not_start_is_reported_with_the_reason(aws: FakeAws, answer: Any, said: str) -> None:
    aws.starts = [answer]
    assert said in failure(aws)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ClientException", "ECS was unable to assume the role 'x' that was provided"),
        ("InvalidParameterException", "Unable to assume the service linked role. Please verify that it exists."),
    ],
)
def test_a_new_role_is_waited_for(aws: FakeAws, code: str, message: str) -> None:
    aws.starts = [refusal(code, message=message)]
    assert one_off_task.run(aws.session, ONE_OFF) == TASK


def test_ecs_may_not_know_a_new_task_at_once_but_not_for_long(aws: FakeAws) -> None:
    aws.unknown = one_off_task.UNKNOWN_ANSWERS - 1
    assert one_off_task.run(aws.session, ONE_OFF) == TASK
    aws.unknown = one_off_task.UNKNOWN_ANSWERS
    assert "ECS no longer knows the task" in failure(aws)


def test_an_error_during_the_wait_is_reported_with_the_task(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "describe_tasks", refuse)
    said = failure(aws)
    assert "AWS did not answer how it ended: An error occurred (AccessDeniedException)" in said
    assert f"task: {TASK}" in said


def test_the_state_is_read_from_its_last_line_in_the_log(aws: FakeAws) -> None:
    aws.logged = {"migrate/1": ["ready", json.dumps({**STATE, "unapplied": []}), json.dumps(STATE), "bye"]}
    state = read(aws.session, ONE_OFF)
    assert state == ReleaseState(unapplied=["core.0002_b"], unknown=[], heads={"core": "0002_b"})
    assert aws.asked("run_task")[0]["overrides"]["containerOverrides"][0]["command"] == list(STATE_COMMAND)


def test_a_late_line_is_waited_for(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [[], ["ready"], [json.dumps(STATE)]]
    monkeypatch.setattr(stopped_task, "container_log_lines", lambda *_: answers.pop(0))
    assert read(aws.session, ONE_OFF).heads == {"core": "0002_b"}


def test_a_missing_line_is_an_error_with_the_other_lines(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release_state, "LOG_SECONDS", 0)
    aws.logged = {"migrate/1": ["ready"]}
    with pytest.raises(ReleaseError, match=r"(?s)no line with the event release_state after 0 s.*  ready.*migration"):
        read(aws.session, ONE_OFF)


def test_missing_permission_for_the_log_is_not_reported_as_an_error_of_the_image(aws: FakeAws) -> None:
    aws.refuses_logs = "AccessDeniedException"
    with pytest.raises(
        ReleaseError, match=r"(?s)AccessDeniedException.*GetLogEvents.*need logs:GetLogEvents"
    ) as failed:
        read(aws.session, ONE_OFF)
    assert "image" not in str(failed.value)


@pytest.mark.parametrize(
    "line", ["", "ready", "[]", "{}", '{"event": "release_state"}', '{"event": "x", "heads": {}}', "null", "3"]
)
def test_other_lines_are_not_a_state(line: str) -> None:
    assert ReleaseState.from_line(line) is None


ALL = ["account.0001_initial", "core.0001_initial", "core.0002_b"]


@pytest.mark.parametrize(
    ("unapplied", "unknown", "empty"),
    [
        (ALL, [], True),
        # A new app in an old database brings its first migration too.
        (["account.0001_initial"], [], False),
        (ALL, ["old.0001_initial"], False),
        ([], [], False),
    ],
)
def test_a_database_is_empty_when_no_app_has_its_first_migration(
    unapplied: list[str], unknown: list[str], empty: bool
) -> None:
    heads = {"account": "0001_initial", "core": "0002_b"}
    assert ReleaseState(unapplied=unapplied, unknown=unknown, heads=heads).database_is_empty is empty
