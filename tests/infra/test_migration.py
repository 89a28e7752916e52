from typing import Any

import pulumi
import pytest
from botocore.stub import ANY

from infra import migration, stopped_task
from infra.migration import MIGRATION_TAG, MigrationFailed, MigrationRequest, run_migration
from tests.infra.stubs import CLUSTER, TASK, Aws

DEFINITION = "arn:aws:ecs:us-east-1:123456789012:task-definition/preqly-test-migration:7"
REQUEST = MigrationRequest(
    cluster=CLUSTER, task_definition=DEFINITION, subnets=["subnet-a"], security_groups=["sg-t"], public_address=False
)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    monkeypatch.setattr(migration, "POLL_SECONDS", 0.001)
    monkeypatch.setattr(migration, "TIMEOUT_SECONDS", 0.003)
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
    for _ in ("the waiter", "the verdict"):
        aws.ecs.add_response("describe_tasks", {"tasks": [task], "failures": []})


def run(aws: Aws) -> None:
    run_migration(aws.session, REQUEST)
    aws.ecs.assert_no_pending_responses()


def test_a_migration_that_ends_well_says_nothing(aws: Aws) -> None:
    starts(aws)
    stops(aws, exit_code=0, reason="Essential container in task exited")
    run(aws)


def test_the_migration_runs_once_in_the_network_of_the_service(aws: Aws) -> None:
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
            "startedBy": "migration",
            "networkConfiguration": {"awsvpcConfiguration": network},
        },
    )
    stops(aws, exit_code=0, reason="done")
    run(aws)


def test_a_failed_migration_tells_exit_code_reason_and_the_last_lines(aws: Aws) -> None:
    starts(aws)
    stops(aws, exit_code=1, reason="Essential container in task exited")
    aws.logged(DEFINITION, "Applying core.0002_rating...", 'DuplicateColumn: column "rating" already exists\n')
    with pytest.raises(MigrationFailed) as failure:
        run(aws)
    opening = "The migration failed, so the release was not rolled out and the old one keeps serving"
    assert str(failure.value).splitlines() == [
        f"{opening}: container migrate ended with exit code 1: Essential container in task exited",
        f"task: {TASK}",
        "last log lines:",
        "  Applying core.0002_rating...",
        '  DuplicateColumn: column "rating" already exists',
        "Fix the migration and run `pulumi up` again; nothing else is needed.",
    ]


def test_a_container_that_never_ran_is_told_with_its_own_reason(aws: Aws) -> None:
    starts(aws)
    stops(aws, exit_code=None, reason="Task failed to start", container_reason="CannotPullContainerError: no route")
    aws.logged(DEFINITION)
    aws.logs.add_client_error("get_log_events", "ResourceNotFoundException")
    aws.logs.add_client_error("get_log_events", "ResourceNotFoundException")
    with pytest.raises(
        MigrationFailed, match=r"never ran: Task failed to start: CannotPullContainerError: no route"
    ) as e:
        run(aws)
    assert "it left no log lines" in str(e.value)


def test_a_migration_that_does_not_end_is_stopped(aws: Aws) -> None:
    starts(aws)
    running = {"taskArn": TASK, "lastStatus": "RUNNING", "containers": [{"name": "migrate"}]}
    for _ in range(3):
        aws.ecs.add_response("describe_tasks", {"tasks": [running], "failures": []})
    aws.ecs.add_response("stop_task", {}, {"cluster": CLUSTER, "task": TASK, "reason": ANY})
    aws.logged(DEFINITION, "waiting for a lock on core_movie")
    with pytest.raises(MigrationFailed, match="did not end in") as failure:
        run(aws)
    assert "waiting for a lock on core_movie" in str(failure.value)


def test_a_task_that_ecs_does_not_place_is_told_with_ecs_reason(aws: Aws) -> None:
    aws.ecs.add_response("run_task", {"tasks": [], "failures": [{"reason": "RESOURCE:ENI"}]})
    with pytest.raises(MigrationFailed, match=r"could not start on cluster .*web-cluster: RESOURCE:ENI"):
        run(aws)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ClientException", "ECS was unable to assume the role 'x' that was provided"),
        ("InvalidParameterException", "Unable to assume the service linked role. Please verify that it exists."),
    ],
)
def test_a_role_that_was_made_a_moment_ago_is_waited_for(aws: Aws, code: str, message: str) -> None:
    aws.ecs.add_client_error("run_task", code, message)
    starts(aws)
    stops(aws, exit_code=0, reason="done")
    run(aws)


def test_any_other_refusal_is_final(aws: Aws) -> None:
    aws.ecs.add_client_error("run_task", "AccessDeniedException", "not authorized to perform: ecs:RunTask")
    with pytest.raises(MigrationFailed, match=r"could not start: .*ecs:RunTask"):
        run(aws)


def service_inputs(definition: str = DEFINITION) -> dict[str, Any]:
    return {
        "cluster": CLUSTER,
        "tags": {MIGRATION_TAG: definition, "Project": "preqly"},
        "networkConfiguration": {"subnets": ["subnet-a"], "securityGroups": ["sg-t"], "assignPublicIp": False},
    }


def test_where_and_what_to_run_is_read_from_the_service() -> None:
    assert MigrationRequest.from_service(service_inputs()) == REQUEST


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[MigrationRequest]:
    """The migrations that the hook asks for."""
    asked: list[MigrationRequest] = []
    monkeypatch.setattr(migration, "run_migration", lambda session, request: asked.append(request))
    return asked


def call(engine: Any, **inputs: dict[str, Any]) -> None:
    """Call the hook as the engine would, inside a running program."""
    args = pulumi.ResourceHookArgs(urn="", id="", name="", type="", **inputs)
    engine.run(lambda: migration.migrate_before_release("migrate")(args))


def test_the_first_release_is_migrated_before_the_service_exists(engine: Any, requests: list[MigrationRequest]) -> None:
    call(engine, new_inputs=service_inputs())
    assert requests == [REQUEST]


def test_a_new_release_is_migrated_before_the_service_changes(engine: Any, requests: list[MigrationRequest]) -> None:
    earlier = service_inputs("arn:aws:ecs:us-east-1:1:task-definition/m:6")
    call(engine, new_inputs=service_inputs(), old_inputs=earlier)
    assert requests == [REQUEST]


def test_a_change_that_is_no_release_migrates_nothing(engine: Any, requests: list[MigrationRequest]) -> None:
    call(engine, new_inputs=service_inputs(), old_inputs=service_inputs())
    assert requests == []


def test_inputs_that_the_engine_marked_secret_are_read_too(engine: Any, requests: list[MigrationRequest]) -> None:
    network = service_inputs()["networkConfiguration"]

    def program() -> Any:
        secret = {**service_inputs(), "networkConfiguration": pulumi.Output.secret(network)}
        args = pulumi.ResourceHookArgs(urn="", id="", name="", type="", new_inputs=secret)
        return migration.migrate_before_release("migrate")(args)

    engine.run(program)
    assert requests == [REQUEST]
