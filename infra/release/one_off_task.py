"""One command of a release, run to its end in an ECS task of its own."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.release import stopped_task
from infra.release.errors import ReleaseError

POLL_SECONDS = 2
LOST_ANSWERS = 5
"""So many times in a row ECS may not know a task: one that has just started is not known everywhere at once."""
NEW_ROLE_SECONDS = 60
"""How long IAM may take to tell ECS about a role that was made a moment ago."""
NOT_YET = ("unable to assume the role", "unable to assume the service linked role")
"""What ECS says until then: of the task's own roles, and of the one AWS makes for ECS in a new account."""


class TaskFailed(ReleaseError):  # noqa: N818 - it is an outcome the operator reads, named as such
    """The task did not start, did not end in time, or did not end well; the message holds reasons and log lines."""


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
    """Whose command is replaced."""
    command: Sequence[str] = ()
    """Instead of the task definition's own; empty keeps that."""
    what: str = "the migration"
    """What the task is for, in the operator's words."""
    timeout_seconds: int = 900


def run(session: boto3.Session, task: OneOffTask) -> str:
    """Run the task, wait until every container ended with exit code 0, and return its ARN.

    Raises TaskFailed when it cannot start, does not end in its time, is lost, or ends with anything but exit code 0.
    """
    ecs: Any = session.client("ecs")
    arn = _start(ecs, task)
    try:
        ended = _ended(ecs, task, arn)
    except (ClientError, BotoCoreError) as error:
        raise TaskFailed(
            f"{task.what} was started, and then AWS could not be asked how it ended: {error}\ntask: {arn}"
        ) from None
    problem = ended if isinstance(ended, str) else stopped_task.problem(ended)
    if problem:
        raise TaskFailed(_report(session, task, arn, problem))
    return arn


def _ended(ecs: Any, task: OneOffTask, arn: str) -> dict[str, Any] | str:
    """The task once it has stopped, else why its end was not seen. One that takes too long is stopped."""
    deadline, lost = time.monotonic() + task.timeout_seconds, 0
    while time.monotonic() < deadline:
        found: list[dict[str, Any]] = ecs.describe_tasks(cluster=task.cluster, tasks=[arn])["tasks"]
        lost = 0 if found else lost + 1
        if lost == LOST_ANSWERS:
            return "the task is gone, ECS does not know it any more"
        if found and found[0]["lastStatus"] == "STOPPED":
            return found[0]
        time.sleep(POLL_SECONDS)
    # The next try must not meet it.
    ecs.stop_task(cluster=task.cluster, task=arn, reason=f"{task.what} took too long")
    return f"did not end in {task.timeout_seconds} s and was stopped"


def _start(ecs: Any, task: OneOffTask) -> str:
    deadline = time.monotonic() + NEW_ROLE_SECONDS
    while True:
        try:
            answer = ecs.run_task(**_parameters(task))
        except ClientError as error:
            if not any(words in str(error).lower() for words in NOT_YET) or time.monotonic() > deadline:
                raise TaskFailed(f"{task.what} could not start: {error}") from None
            time.sleep(POLL_SECONDS)
            continue
        if answer["tasks"]:
            return str(answer["tasks"][0]["taskArn"])
        reasons = "; ".join(str(failure.get("reason")) for failure in answer["failures"])
        raise TaskFailed(f"{task.what} could not start on cluster {task.cluster}: {reasons}")


def _parameters(task: OneOffTask) -> dict[str, Any]:
    overrides = {"containerOverrides": [{"name": task.container, "command": list(task.command)}]}
    return {
        "cluster": task.cluster,
        "taskDefinition": task.task_definition,
        "count": 1,
        "launchType": "FARGATE",
        "platformVersion": "LATEST",
        "propagateTags": "TASK_DEFINITION",
        "startedBy": "release",
        "networkConfiguration": {
            "awsvpcConfiguration": {
                "subnets": list(task.subnets),
                "securityGroups": list(task.security_groups),
                "assignPublicIp": "ENABLED" if task.public_address else "DISABLED",
            }
        },
        **({"overrides": overrides} if task.command else {}),
    }


def _report(session: boto3.Session, task: OneOffTask, arn: str, problem: str) -> str:
    lines = stopped_task.last_log_lines(session, task.task_definition, {"taskArn": arn})
    return "\n".join(
        [
            f"{task.what} failed: {problem}",
            f"task: {arn}",
            *(["last log lines:", *(f"  {line}" for line in lines)] if lines else ["it left no log lines"]),
        ]
    )
