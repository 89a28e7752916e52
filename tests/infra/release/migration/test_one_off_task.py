import time
from dataclasses import replace

import pytest
from botocore.stub import ANY

from infra.release.migration import one_off_task
from infra.release.migration.one_off_task import OneOffTask, TaskFailed
from infra.release.rollout import stopped_task
from tests.infra.release.stubs import CLUSTER, TASK, Aws

DEFINITION = "arn:aws:ecs:us-east-1:123456789012:task-definition/preqly-test-migration:7"
MIGRATION = OneOffTask(
    cluster=CLUSTER,
    task_definition=DEFINITION,
    subnets=["subnet-a"],
    security_groups=["sg-t"],
    public_address=False,
    timeout_seconds=3,
)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    monkeypatch.setattr(one_off_task, "POLL_SECONDS", 1)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    monkeypatch.setattr(stopped_task, "LOG_PAUSE_SECONDS", 0)
    return Aws()


def starts(aws: Aws) -> None:
    aws.ecs.add_response("run_task", {"tasks": [{"taskArn": TASK}], "failures": []})


def stops(aws: Aws, *, exit_code: int | None, reason: str, container_reason: str | None = None) -> None:
    container = {"name": "migrate", "exitCode": exit_code, "reason": container_reason}
    task = {
        "taskArn": TASK,
        "lastStatus": "STOPPED",
        "stoppedReason": reason,
        "containers": [{key: value for key, value in container.items() if value is not None}],
    }
    aws.ecs.add_response("describe_tasks", {"tasks": [task], "failures": []})


def run(aws: Aws) -> None:
    assert one_off_task.run(aws.session, MIGRATION) == TASK
    aws.ecs.assert_no_pending_responses()


def test_a_successful_task_returns_its_arn(aws: Aws) -> None:
    starts(aws)
    stops(aws, exit_code=0, reason="Essential container in task exited")
    run(aws)


def test_the_task_runs_once_in_the_network_it_was_given(aws: Aws) -> None:
    network = {"subnets": ["subnet-a"], "securityGroups": ["sg-t"], "assignPublicIp": "DISABLED"}
    aws.ecs.add_response(
        "run_task",
        {"tasks": [{"taskArn": TASK}], "failures": []},
        {
            "cluster": CLUSTER,
            "taskDefinition": DEFINITION,
            "count": 1,
            "launchType": "FARGATE",
            "platformVersion": "LATEST",
            "propagateTags": "TASK_DEFINITION",
            "startedBy": "release",
            "networkConfiguration": {"awsvpcConfiguration": network},
        },
    )
    stops(aws, exit_code=0, reason="done")
    run(aws)


def test_a_failed_task_is_reported_with_exit_code_reason_and_last_lines(aws: Aws) -> None:
    starts(aws)
    stops(aws, exit_code=1, reason="Essential container in task exited")
    aws.logged(DEFINITION, "Applying core.0002_rating...", 'DuplicateColumn: column "rating" already exists\n')
    with pytest.raises(TaskFailed) as failure:
        run(aws)
    assert str(failure.value).splitlines() == [
        "the migration failed: container migrate ended with exit code 1: Essential container in task exited",
        f"task: {TASK}",
        "last log lines:",
        "  Applying core.0002_rating...",
        '  DuplicateColumn: column "rating" already exists',
    ]


def test_a_container_that_never_ran_is_reported_with_its_reason(aws: Aws) -> None:
    starts(aws)
    stops(aws, exit_code=None, reason="Task failed to start", container_reason="CannotPullContainerError: no route")
    aws.logged(DEFINITION)
    aws.logs.add_client_error("get_log_events", "ResourceNotFoundException")
    aws.logs.add_client_error("get_log_events", "ResourceNotFoundException")
    with pytest.raises(
        TaskFailed, match=r"never ran: Task failed to start: CannotPullContainerError: no route"
    ) as failure:
        run(aws)
    assert "it wrote no log lines" in str(failure.value)


def test_a_task_that_does_not_end_is_stopped(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(100))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    starts(aws)
    running = {"taskArn": TASK, "lastStatus": "RUNNING", "containers": [{"name": "migrate"}]}
    for _ in range(2):
        aws.ecs.add_response("describe_tasks", {"tasks": [running], "failures": []})
    aws.ecs.add_response("stop_task", {}, {"cluster": CLUSTER, "task": TASK, "reason": ANY})
    aws.logged(DEFINITION, "waiting for a lock on core_movie")
    with pytest.raises(TaskFailed, match="did not end in 3 s and was stopped") as failure:
        run(aws)
    assert "waiting for a lock on core_movie" in str(failure.value)


def test_a_task_that_ecs_cannot_place_is_reported_with_the_reason(aws: Aws) -> None:
    aws.ecs.add_response("run_task", {"tasks": [], "failures": [{"reason": "RESOURCE:ENI"}]})
    with pytest.raises(TaskFailed, match=r"could not start on cluster .*web-cluster: RESOURCE:ENI"):
        run(aws)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ClientException", "ECS was unable to assume the role 'x' that was provided"),
        ("InvalidParameterException", "Unable to assume the service linked role. Please verify that it exists."),
    ],
)
def test_a_new_role_is_waited_for(aws: Aws, code: str, message: str) -> None:
    aws.ecs.add_client_error("run_task", code, message)
    starts(aws)
    stops(aws, exit_code=0, reason="done")
    run(aws)


def test_any_other_error_is_final(aws: Aws) -> None:
    aws.ecs.add_client_error("run_task", "AccessDeniedException", "not authorized to perform: ecs:RunTask")
    with pytest.raises(TaskFailed, match=r"could not start: .*ecs:RunTask"):
        run(aws)


def test_a_command_replaces_that_of_the_container(aws: Aws) -> None:
    override = {"containerOverrides": [{"name": "migrate", "command": ["python", "manage.py", "migration_state"]}]}
    expected = dict.fromkeys(one_off_task._parameters(MIGRATION), ANY)
    aws.ecs.add_response("run_task", {"tasks": [{"taskArn": TASK}]}, {**expected, "overrides": override})
    stops(aws, exit_code=0, reason="done")
    asked = replace(MIGRATION, command=("python", "manage.py", "migration_state"))
    assert one_off_task.run(aws.session, asked) == TASK


def test_a_task_that_ecs_no_longer_knows_is_not_reported_as_slow(aws: Aws) -> None:
    starts(aws)
    for _ in range(one_off_task.UNKNOWN_ANSWERS):
        aws.ecs.add_response("describe_tasks", {"tasks": [], "failures": [{"arn": TASK, "reason": "MISSING"}]})
    aws.logged(DEFINITION, "Applying core.0002_rating...")
    with pytest.raises(TaskFailed, match="ECS does not know the task any more"):
        run(aws)


def test_a_task_that_is_not_known_everywhere_yet_is_waited_for(aws: Aws) -> None:
    starts(aws)
    aws.ecs.add_response("describe_tasks", {"tasks": [], "failures": [{"arn": TASK, "reason": "MISSING"}]})
    stops(aws, exit_code=0, reason="done")
    run(aws)


def test_an_error_during_the_wait_is_reported_with_the_task(aws: Aws) -> None:
    starts(aws)
    aws.ecs.add_client_error("describe_tasks", "ExpiredTokenException", "The security token has expired")
    with pytest.raises(TaskFailed, match=r"(?s)AWS did not answer how it ended: .*has expired.*task: arn:aws"):
        run(aws)
