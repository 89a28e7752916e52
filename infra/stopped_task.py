"""Why an ECS task stopped, in words for the operator."""

import time
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError

LOG_LINES = 20
LOG_ATTEMPTS = 3
LOG_PAUSE_SECONDS = 2
"""A stopped container's last lines reach CloudWatch a moment later than its exit code."""


def problem(task: Mapping[str, Any]) -> str | None:
    """None when every container ended with exit code 0, else the first that did not, and ECS's reasons."""
    for container in task.get("containers", []):
        code = container.get("exitCode")
        if code != 0:
            ending = "never ran" if code is None else f"ended with exit code {code}"
            reasons = [reason for reason in (task.get("stoppedReason"), container.get("reason")) if reason]
            return ": ".join([f"container {container['name']} {ending}", *dict.fromkeys(reasons)])
    return None if task.get("containers") else f"no container ran: {task.get('stoppedReason', 'ECS gives no reason')}"


def last_log_lines(session: boto3.Session, task_definition: str, task: str) -> list[str]:
    """The last lines of the task's first container that left any, at most LOG_LINES; empty when none did."""
    ecs: Any = session.client("ecs")
    definition = ecs.describe_task_definition(taskDefinition=task_definition)["taskDefinition"]
    for attempt in range(LOG_ATTEMPTS):
        for container in definition["containerDefinitions"]:
            lines = _lines(session, container, task)
            if lines:
                return lines
        if attempt + 1 < LOG_ATTEMPTS:
            time.sleep(LOG_PAUSE_SECONDS)
    return []


def _lines(session: boto3.Session, container: Mapping[str, Any], task: str) -> list[str]:
    logs: Any = session.client("logs")
    options = container["logConfiguration"]["options"]
    stream = f"{options['awslogs-stream-prefix']}/{container['name']}/{task.rpartition('/')[2]}"
    try:
        answer = logs.get_log_events(
            logGroupName=options["awslogs-group"], logStreamName=stream, limit=LOG_LINES, startFromHead=False
        )
    except ClientError:
        # Not even a stream: the container wrote nothing, or nothing has arrived yet.
        return []
    return [str(event["message"]).rstrip() for event in answer["events"]]
