"""Bring the database's schema to a release before the service is touched; a failure keeps the old release serving."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
import pulumi
from botocore.exceptions import ClientError, WaiterError

from infra import stopped_task
from infra.policies import Arn

MIGRATION_TAG = "preqly:migration"
"""Tag of the ECS service that names the task definition its release was migrated with."""
TIMEOUT_SECONDS = 900
POLL_SECONDS = 2
NEW_ROLE_SECONDS = 60
"""How long IAM may take to tell ECS about a role that was made a moment ago."""
NOT_YET = ("unable to assume the role", "unable to assume the service linked role")
"""What ECS says until then: of the task's own roles, and of the one AWS makes for ECS in a new account."""


class MigrationFailed(Exception):  # noqa: N818 - it is an outcome the operator reads, named as such
    """The migration did not succeed; the message says why, with exit code, stop reason and last log lines."""


@dataclass(frozen=True, kw_only=True)
class MigrationRequest:
    """Which task to run, and where."""

    cluster: str
    task_definition: str
    """ARN with its revision."""
    subnets: Sequence[str]
    security_groups: Sequence[str]
    public_address: bool

    @classmethod
    def from_service(cls, inputs: Mapping[str, Any]) -> "MigrationRequest":
        """The migration of a service with these inputs: the same cluster and network, the task its tag names."""
        network = inputs["networkConfiguration"]
        return cls(
            cluster=inputs["cluster"],
            task_definition=inputs["tags"][MIGRATION_TAG],
            subnets=network["subnets"],
            security_groups=network["securityGroups"],
            public_address=bool(network.get("assignPublicIp", False)),
        )


def migrate_before_release(name: str) -> pulumi.ResourceHook:
    """A hook for before the ECS service is created or updated: migrates each new release once, never in a preview."""

    async def migrate(args: pulumi.ResourceHookArgs) -> None:
        inputs = await known(args.new_inputs)
        if _migrated_with(inputs) == _migrated_with(await known(args.old_inputs)):
            return
        request = MigrationRequest.from_service(inputs)
        # The wait is blocking, and the program's own loop has other resources to register meanwhile.
        await asyncio.to_thread(
            run_migration, boto3.Session(region_name=Arn.parse(request.task_definition).region), request
        )

    return pulumi.ResourceHook(name, migrate)


async def known(inputs: Mapping[str, Any] | None) -> dict[str, Any]:
    """Inputs as the engine hands them to a hook, with the marks of secret ones taken off."""
    return await pulumi.Output.from_input(dict(inputs or {})).future() or {}


def _migrated_with(inputs: Mapping[str, Any]) -> str | None:
    return (inputs.get("tags") or {}).get(MIGRATION_TAG)


def run_migration(session: boto3.Session, request: MigrationRequest) -> None:
    """Run the migration task and wait until it has ended well.

    Raises MigrationFailed when it cannot start, does not end in TIMEOUT_SECONDS or ends with anything but exit code 0.
    """
    ecs: Any = session.client("ecs")
    task = _start(ecs, request)
    try:
        ecs.get_waiter("tasks_stopped").wait(
            cluster=request.cluster,
            tasks=[task],
            WaiterConfig={"Delay": POLL_SECONDS, "MaxAttempts": TIMEOUT_SECONDS // POLL_SECONDS},
        )
    except WaiterError:
        ecs.stop_task(cluster=request.cluster, task=task, reason="the release's migration took too long")
        raise MigrationFailed(_report(session, request, task, f"did not end in {TIMEOUT_SECONDS} s")) from None
    problem = stopped_task.problem(_described(ecs, request, task))
    if problem:
        raise MigrationFailed(_report(session, request, task, problem))


def _start(ecs: Any, request: MigrationRequest) -> str:
    """Start the task and return its ARN."""
    deadline = time.monotonic() + NEW_ROLE_SECONDS
    while True:
        try:
            answer = ecs.run_task(
                cluster=request.cluster,
                taskDefinition=request.task_definition,
                count=1,
                launchType="FARGATE",
                platformVersion="LATEST",
                propagateTags="TASK_DEFINITION",
                startedBy="migration",
                networkConfiguration={
                    "awsvpcConfiguration": {
                        "subnets": list(request.subnets),
                        "securityGroups": list(request.security_groups),
                        "assignPublicIp": "ENABLED" if request.public_address else "DISABLED",
                    }
                },
            )
        except ClientError as error:
            if not any(words in str(error).lower() for words in NOT_YET) or time.monotonic() > deadline:
                raise MigrationFailed(f"The migration could not start: {error}") from None
            time.sleep(POLL_SECONDS)
            continue
        if answer["tasks"]:
            return str(answer["tasks"][0]["taskArn"])
        reasons = "; ".join(str(failure.get("reason")) for failure in answer["failures"])
        raise MigrationFailed(f"The migration could not start on cluster {request.cluster}: {reasons}")


def _described(ecs: Any, request: MigrationRequest, task: str) -> dict[str, Any]:
    tasks: list[dict[str, Any]] = ecs.describe_tasks(cluster=request.cluster, tasks=[task])["tasks"]
    return tasks[0] if tasks else {}


def _report(session: boto3.Session, request: MigrationRequest, task: str, problem: str) -> str:
    lines = stopped_task.last_log_lines(session, request.task_definition, {"taskArn": task})
    return "\n".join(
        [
            f"The migration failed, so the release was not rolled out and the old one keeps serving: {problem}",
            f"task: {task}",
            *(["last log lines:", *(f"  {line}" for line in lines)] if lines else ["it left no log lines"]),
            "Fix the migration and run `pulumi up` again; nothing else is needed.",
        ]
    )
