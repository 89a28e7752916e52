"""Run one command of a release in an ECS task and wait until it ends."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.release.reporting import ReleaseError
from infra.release.rollout import stopped_task

STARTED_BY = "release"
"""`startedBy` of these tasks, by which a rollback finds them."""
POLL_SECONDS = 2
UNKNOWN_ANSWERS = 5
"""ECS may not know a task this many times in a row: a new task is not known everywhere at once."""
NEW_ROLE_SECONDS = 60
"""How long ECS may not know a new IAM role."""
ROLE_UNKNOWN = ("unable to assume the role", "unable to assume the service linked role")
"""ECS's messages until then, for the task's roles and for the role that AWS creates for ECS in a new account."""


class TaskFailed(ReleaseError):  # noqa: N818 - named as the outcome that the operator reads
    """The task did not start, timed out or failed; the message holds reasons and log lines."""


@dataclass(frozen=True, kw_only=True)
class OneOffTask:
    """Which task to run, and where."""

    cluster: str
    task_definition: str
    """ARN with its revision."""
    subnets: Sequence[str]
    security_groups: Sequence[str]
    public_address: bool
    container: str = "migrate"
    """The container that runs the command."""
    command: Sequence[str] = ()
    """Replaces the command of the task definition; empty keeps it."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables beside those of the task definition. Everyone with ecs:DescribeTasks can read them, and the command."""
    started_by: str = STARTED_BY
    execute_command: bool = False
    """Whether ECS Exec works in the task."""
    what: str = "the migration"
    """Name of the task in messages."""
    timeout_seconds: int = 900

    @classmethod
    def in_network(cls, cluster: str, task_definition: str, network: Mapping[str, Any]) -> "OneOffTask":
        """A task in the network of a service, given as its `awsvpcConfiguration`."""
        return cls(
            cluster=cluster,
            task_definition=task_definition,
            subnets=network["subnets"],
            security_groups=network["securityGroups"],
            public_address=network.get("assignPublicIp") == "ENABLED",
        )


def run(session: boto3.Session, task: OneOffTask) -> str:
    """Run the task, wait until every container has ended with exit code 0, and return its ARN. Raises TaskFailed."""
    ecs: Any = session.client("ecs")
    arn = start(ecs, task)
    try:
        stopped = _wait_until_stopped(ecs, task, arn)
    except (ClientError, BotoCoreError) as error:
        raise TaskFailed(f"{task.what} started, but AWS did not answer how it ended: {error}\ntask: {arn}") from None
    problem = stopped if isinstance(stopped, str) else stopped_task.problem(stopped)
    if problem:
        raise TaskFailed(_failure(session, task, arn, problem))
    return arn


def _wait_until_stopped(ecs: Any, task: OneOffTask, arn: str) -> dict[str, Any] | str:
    """The stopped task, or why its end is unknown. Stops a task that exceeds its time."""
    deadline, unknown = time.monotonic() + task.timeout_seconds, 0
    while time.monotonic() < deadline:
        found: list[dict[str, Any]] = ecs.describe_tasks(cluster=task.cluster, tasks=[arn])["tasks"]
        unknown = 0 if found else unknown + 1
        if unknown == UNKNOWN_ANSWERS:
            return "ECS no longer knows the task"
        if found and found[0]["lastStatus"] == "STOPPED":
            return found[0]
        time.sleep(POLL_SECONDS)
    # The next attempt must not run beside it.
    ecs.stop_task(cluster=task.cluster, task=arn, reason=f"{task.what} took too long")
    return f"did not end in {task.timeout_seconds} s and was stopped"


def start(ecs: Any, task: OneOffTask) -> str:
    """Start the task and return its ARN. Raises TaskFailed."""
    deadline = time.monotonic() + NEW_ROLE_SECONDS
    while True:
        try:
            answer = ecs.run_task(**_parameters(task))
        except ClientError as error:
            role_unknown = any(words in str(error).lower() for words in ROLE_UNKNOWN)
            if not role_unknown or time.monotonic() > deadline:
                raise TaskFailed(f"{task.what} could not start: {error}") from None
            time.sleep(POLL_SECONDS)
            continue
        if answer["tasks"]:
            return str(answer["tasks"][0]["taskArn"])
        reasons = "; ".join(str(failure.get("reason")) for failure in answer["failures"])
        raise TaskFailed(f"{task.what} could not start on cluster {task.cluster}: {reasons}")


def _parameters(task: OneOffTask) -> dict[str, Any]:
    override: dict[str, Any] = {"name": task.container, "command": list(task.command)}
    if task.environment:
        override["environment"] = [{"name": name, "value": value} for name, value in task.environment.items()]
    return {
        "cluster": task.cluster,
        "taskDefinition": task.task_definition,
        "count": 1,
        "launchType": "FARGATE",
        "platformVersion": "LATEST",
        "propagateTags": "TASK_DEFINITION",
        "startedBy": task.started_by,
        **({"enableExecuteCommand": True} if task.execute_command else {}),
        "networkConfiguration": {
            "awsvpcConfiguration": {
                "subnets": list(task.subnets),
                "securityGroups": list(task.security_groups),
                "assignPublicIp": "ENABLED" if task.public_address else "DISABLED",
            }
        },
        **({"overrides": {"containerOverrides": [override]}} if task.command else {}),
    }


def _failure(session: boto3.Session, task: OneOffTask, arn: str, problem: str) -> str:
    lines = stopped_task.last_log_lines(session, task.task_definition, {"taskArn": arn})
    return "\n".join(
        [
            f"{task.what} failed: {problem}",
            f"task: {arn}",
            *(["last log lines:", *(f"  {line}" for line in lines)] if lines else ["it wrote no log lines"]),
        ]
    )
