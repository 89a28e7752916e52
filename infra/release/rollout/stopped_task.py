"""Why an ECS task stopped, and its last log lines."""

import time
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

LOG_LINES = 20
LOG_ATTEMPTS = 3
LOG_PAUSE_SECONDS = 2
"""CloudWatch gets the last lines of a container a moment after its exit code."""

STOPPED_BY_ECS = (137, 143)
"""Exit codes after SIGKILL and SIGTERM."""


def problem(task: Mapping[str, Any]) -> str | None:
    """The container that failed, with ECS's reasons; None when every container ended with exit code 0."""
    container = failed_container(task)
    if container:
        code = container.get("exitCode")
        ending = "never ran" if code is None else f"ended with exit code {code}"
        reasons = [reason for reason in (task.get("stoppedReason"), container.get("reason")) if reason]
        return ": ".join([f"container {container['name']} {ending}", *dict.fromkeys(reasons)])
    return None if task.get("containers") else f"no container ran: {task.get('stoppedReason', 'ECS gives no reason')}"


def failed_container(task: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The first container that failed by itself, else one that never ran, else one that ECS stopped."""
    failed = [container for container in task.get("containers", []) if container.get("exitCode") != 0]
    return min(failed, key=_rank, default=None)


def _rank(container: Mapping[str, Any]) -> int:
    code = container.get("exitCode")
    if code is None:
        return 1
    return 2 if code in STOPPED_BY_ECS else 0


def last_log_lines(session: boto3.Session, task_definition: str, task: Mapping[str, Any]) -> list[str]:
    """The last LOG_LINES lines of the container that failed, else of the first container that wrote any.

    Containers without dependencies come before those that depend on them: the proxy says little about a crash of the
    application. An error of AWS becomes a line, because the caller reports a failure anyway.
    """
    try:
        return _last_log_lines(session, task_definition, task)
    except (BotoCoreError, ClientError) as error:
        return [f"(the log cannot be read: {error})"]


def _last_log_lines(session: boto3.Session, task_definition: str, task: Mapping[str, Any]) -> list[str]:
    found = failed_container(task)
    failed = found["name"] if found and found.get("exitCode") not in STOPPED_BY_ECS else None
    containers = sorted(
        _containers(session, task_definition),
        key=lambda container: (container["name"] != failed, bool(container.get("dependsOn"))),
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
    """The last LOG_LINES lines of one container that CloudWatch has. Raises ClientError."""
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
        # No stream: the container wrote nothing, or nothing has arrived yet.
        return []
    return [str(event["message"]).rstrip() for event in answer["events"]]
