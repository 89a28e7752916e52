import asyncio
from typing import Any, cast

import boto3
import botocore.session
import pulumi
import pytest
from botocore.stub import ANY, Stubber

from infra import migration
from infra.migration import MIGRATION_TAG, MigrationFailed, MigrationRequest, run_migration

CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/web-cluster"
DEFINITION = "arn:aws:ecs:us-east-1:123456789012:task-definition/preqly-test-migration:7"
TASK = "arn:aws:ecs:us-east-1:123456789012:task/web-cluster/0123abcd"
REQUEST = MigrationRequest(
    cluster=CLUSTER, task_definition=DEFINITION, subnets=["subnet-a"], security_groups=["sg-t"], public_address=False
)


class Aws:
    """ECS and CloudWatch Logs that answer in the order a test says; unexpected or malformed requests fail."""

    def __init__(self) -> None:
        session = botocore.session.Session()
        self._clients = {
            name: session.create_client(
                name, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
            )
            for name in ("ecs", "logs")
        }
        self.ecs, self.logs = (Stubber(client) for client in self._clients.values())
        self.ecs.activate()
        self.logs.activate()

    def client(self, name: str) -> Any:
        return self._clients[name]

    def starts(self) -> None:
        self.ecs.add_response("run_task", {"tasks": [{"taskArn": TASK}], "failures": []})

    def stops(self, *, exit_code: int | None, reason: str, container_reason: str | None = None) -> None:
        container: dict[str, Any] = {"name": "migrate"}
        if exit_code is not None:
            container["exitCode"] = exit_code
        if container_reason:
            container["reason"] = container_reason
        task = {"taskArn": TASK, "lastStatus": "STOPPED", "stoppedReason": reason, "containers": [container]}
        for _ in ("the waiter", "the verdict"):
            self.ecs.add_response("describe_tasks", {"tasks": [task], "failures": []})

    def logged(self, *messages: str) -> None:
        options = {"awslogs-group": "app", "awslogs-stream-prefix": "migration", "awslogs-region": "us-east-1"}
        container = {"name": "migrate", "logConfiguration": {"logDriver": "awslogs", "options": options}}
        self.ecs.add_response("describe_task_definition", {"taskDefinition": {"containerDefinitions": [container]}})
        self.logs.add_response(
            "get_log_events",
            {"events": [{"message": message} for message in messages]},
            {
                "logGroupName": "app",
                "logStreamName": "migration/migrate/0123abcd",
                "limit": migration.LOG_LINES,
                "startFromHead": False,
            },
        )

    def run(self) -> None:
        run_migration(cast(boto3.Session, self), REQUEST)
        self.ecs.assert_no_pending_responses()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    monkeypatch.setattr(migration, "POLL_SECONDS", 0.001)
    monkeypatch.setattr(migration, "TIMEOUT_SECONDS", 0.003)
    return Aws()


def test_a_migration_that_ends_well_says_nothing(aws: Aws) -> None:
    aws.starts()
    aws.stops(exit_code=0, reason="Essential container in task exited")
    aws.run()


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
    aws.stops(exit_code=0, reason="done")
    aws.run()


def test_a_failed_migration_tells_exit_code_reason_and_the_last_lines(aws: Aws) -> None:
    aws.starts()
    aws.stops(exit_code=1, reason="Essential container in task exited")
    aws.logged("Applying core.0002_rating...", 'DuplicateColumn: column "rating" already exists\n')
    with pytest.raises(MigrationFailed) as failure:
        aws.run()
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
    aws.starts()
    aws.stops(exit_code=None, reason="Task failed to start", container_reason="CannotPullContainerError: no route")
    aws.logged()
    aws.logs.add_client_error("get_log_events", "ResourceNotFoundException")
    aws.logs.add_client_error("get_log_events", "ResourceNotFoundException")
    with pytest.raises(
        MigrationFailed, match=r"never ran: Task failed to start: CannotPullContainerError: no route"
    ) as e:
        aws.run()
    assert "it left no log lines" in str(e.value)


def test_a_migration_that_does_not_end_is_stopped(aws: Aws) -> None:
    aws.starts()
    running = {"taskArn": TASK, "lastStatus": "RUNNING", "containers": [{"name": "migrate"}]}
    for _ in range(3):
        aws.ecs.add_response("describe_tasks", {"tasks": [running], "failures": []})
    aws.ecs.add_response("stop_task", {}, {"cluster": CLUSTER, "task": TASK, "reason": ANY})
    aws.logged("waiting for a lock on core_movie")
    with pytest.raises(MigrationFailed, match="did not end in") as failure:
        aws.run()
    assert "waiting for a lock on core_movie" in str(failure.value)


def test_a_task_that_ecs_does_not_place_is_told_with_ecs_reason(aws: Aws) -> None:
    aws.ecs.add_response("run_task", {"tasks": [], "failures": [{"reason": "RESOURCE:ENI"}]})
    with pytest.raises(MigrationFailed, match=r"could not start on cluster .*web-cluster: RESOURCE:ENI"):
        aws.run()


def test_a_role_that_was_made_a_moment_ago_is_waited_for(aws: Aws) -> None:
    aws.ecs.add_client_error("run_task", "ClientException", "ECS was unable to assume the role 'x' that was provided")
    aws.starts()
    aws.stops(exit_code=0, reason="done")
    aws.run()


def test_any_other_refusal_is_final(aws: Aws) -> None:
    aws.ecs.add_client_error("run_task", "AccessDeniedException", "not authorized to perform: ecs:RunTask")
    with pytest.raises(MigrationFailed, match=r"could not start: .*ecs:RunTask"):
        aws.run()


def service_inputs(definition: str = DEFINITION) -> dict[str, Any]:
    return {
        "cluster": CLUSTER,
        "tags": {MIGRATION_TAG: definition, "Project": "preqly"},
        "networkConfiguration": {"subnets": ["subnet-a"], "securityGroups": ["sg-t"], "assignPublicIp": False},
    }


def test_where_and_what_to_run_is_read_from_the_service() -> None:
    assert MigrationRequest.from_service(service_inputs()) == REQUEST


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch, engine: Any) -> list[MigrationRequest]:
    """The migrations that the hook asks for."""
    asked: list[MigrationRequest] = []
    monkeypatch.setattr(migration, "run_migration", lambda session, request: asked.append(request))
    monkeypatch.setattr(pulumi, "ResourceHook", lambda name, callback: callback)
    return asked


def call(hook: Any, **inputs: dict[str, Any]) -> None:
    asyncio.run(hook(pulumi.ResourceHookArgs(urn="", id="", name="", type="", **inputs)))


def test_the_first_release_is_migrated_before_the_service_exists(requests: list[MigrationRequest]) -> None:
    (hook,) = migration.migrate_before_release("migrate").before_create or []
    call(hook, new_inputs=service_inputs())
    assert requests == [REQUEST]


def test_a_new_release_is_migrated_before_the_service_changes(requests: list[MigrationRequest]) -> None:
    (hook,) = migration.migrate_before_release("migrate").before_update or []
    call(hook, new_inputs=service_inputs(), old_inputs=service_inputs("arn:aws:ecs:us-east-1:1:task-definition/m:6"))
    assert requests == [REQUEST]


def test_a_service_that_changes_without_a_new_release_is_not_migrated_again(requests: list[MigrationRequest]) -> None:
    (hook,) = migration.migrate_before_release("migrate").before_update or []
    call(hook, new_inputs=service_inputs(), old_inputs=service_inputs())
    assert requests == []


def test_inputs_that_the_engine_marked_secret_are_read_all_the_same(requests: list[MigrationRequest]) -> None:
    hook: Any = (migration.migrate_before_release("migrate").before_create or [])[0]

    async def with_a_secret() -> None:
        inputs = service_inputs()
        inputs["networkConfiguration"] = pulumi.Output.secret(inputs["networkConfiguration"])
        await hook(pulumi.ResourceHookArgs(urn="", id="", name="", type="", new_inputs=inputs))

    asyncio.run(with_a_secret())
    assert requests == [REQUEST]
