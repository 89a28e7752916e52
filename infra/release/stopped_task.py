"""Why an ECS task stopped, and what it logged last, in words for the operator."""

import time
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

LOG_LINES = 20
LOG_ATTEMPTS = 3
LOG_PAUSE_SECONDS = 2
"""A stopped container's last lines reach CloudWatch a moment later than its exit code."""

STOPPED_BY_ECS = (137, 143)
"""Exit codes after SIGKILL and SIGTERM."""


def problem(task: Mapping[str, Any]) -> str | None:
    """None when every container ended with exit code 0, else the first that did not, and ECS's reasons."""
    container = culprit(task)
    if container:
        code = container.get("exitCode")
        ending = "never ran" if code is None else f"ended with exit code {code}"
        reasons = [reason for reason in (task.get("stoppedReason"), container.get("reason")) if reason]
        return ": ".join([f"container {container['name']} {ending}", *dict.fromkeys(reasons)])
    return None if task.get("containers") else f"no container ran: {task.get('stoppedReason', 'ECS gives no reason')}"


def culprit(task: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The first container that did not end with exit code 0; those that ECS stopped along with it come last."""
    failed = [container for container in task.get("containers", []) if container.get("exitCode") != 0]
    return min(failed, key=_innocence, default=None)


def _innocence(container: Mapping[str, Any]) -> int:
    code = container.get("exitCode")
    if code is None:
        return 1
    return 2 if code in STOPPED_BY_ECS else 0


def last_log_lines(session: boto3.Session, task_definition: str, task: Mapping[str, Any]) -> list[str]:
    """The last lines of the container to blame, else of the first that left any: LOG_LINES at most, or none.

    A container that others wait for goes first: the proxy has little to say about a crash behind it. What keeps them
    from being read is a line too: they belong to a failure that is to be told in any case.
    """
    try:
        return _last_log_lines(session, task_definition, task)
    except (BotoCoreError, ClientError) as error:
        return [f"(its log could not be read: {error})"]


def _last_log_lines(session: boto3.Session, task_definition: str, task: Mapping[str, Any]) -> list[str]:
    found = culprit(task)
    blamed = found["name"] if found and found.get("exitCode") not in STOPPED_BY_ECS else None
    containers = sorted(
        _containers(session, task_definition),
        key=lambda container: (container["name"] != blamed, bool(container.get("dependsOn"))),
    )
    for attempt in range(LOG_ATTEMPTS):
        for container in containers:
            lines = _lines(session, container, task["taskArn"])
            if lines:
                return lines
        if attempt + 1 < LOG_ATTEMPTS:
            time.sleep(LOG_PAUSE_SECONDS)
    return []


def container_log_lines(session: boto3.Session, task_definition: str, task: str, container: str) -> list[str]:
    """What has arrived of one container's last LOG_LINES lines. Raises ClientError when they may not be read."""
    (found,) = (one for one in _containers(session, task_definition) if one["name"] == container)
    return _lines(session, found, task)


def _containers(session: boto3.Session, task_definition: str) -> list[dict[str, Any]]:
    ecs: Any = session.client("ecs")
    definition = ecs.describe_task_definition(taskDefinition=task_definition)["taskDefinition"]
    containers: list[dict[str, Any]] = definition["containerDefinitions"]
    return containers


def _lines(session: boto3.Session, container: Mapping[str, Any], task: str) -> list[str]:
    logs: Any = session.client("logs")
    options = container["logConfiguration"]["options"]
    stream = f"{options['awslogs-stream-prefix']}/{container['name']}/{task.rpartition('/')[2]}"
    try:
        answer = logs.get_log_events(
            logGroupName=options["awslogs-group"], logStreamName=stream, limit=LOG_LINES, startFromHead=False
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        # Not even a stream: the container wrote nothing, or nothing has arrived yet.
        return []
    return [str(event["message"]).rstrip() for event in answer["events"]]
