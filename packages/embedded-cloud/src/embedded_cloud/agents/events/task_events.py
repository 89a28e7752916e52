"""EventBridge: the event of each stopped ECS task, delivered to the SNS topics of the rules that match it."""

import uuid
from datetime import UTC, datetime
from typing import Any

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.agents.events.templates import from_paths
from embedded_cloud.config import ACCOUNT_ID, REGION


class TaskEvents:
    """Callers hold the cloud's lock."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context

    def reconcile(self) -> None:
        """Send the event of each task that has stopped, once."""
        for tasks in self._context.backend("ecs").tasks.values():
            for task in tasks.values():
                if task.last_status == "STOPPED" and not getattr(task, "event_sent", False):
                    task.event_sent = True
                    self._send(event_of(task))
                    self._context.touch()

    def _send(self, event: dict[str, Any]) -> None:
        sns = self._context.backend("sns")
        for rule in self._context.backend("events").event_buses["default"].rules.values():
            if rule.state != "ENABLED" or not rule.event_pattern.matches_event(with_flat_containers(event)):
                continue
            for target in rule.targets:
                transformer = target.get("InputTransformer")
                if target["Arn"] in sns.topics and transformer:
                    text = from_paths(transformer["InputTemplate"], transformer.get("InputPathsMap", {}), event)
                    sns.publish(text, target["Arn"])


def event_of(task: Any) -> dict[str, Any]:
    """docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html"""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "ECS Task State Change",
        "source": "aws.ecs",
        "account": ACCOUNT_ID,
        "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "region": REGION,
        "resources": [task.task_arn],
        "detail": {
            "clusterArn": task.cluster_arn,
            "taskArn": task.task_arn,
            "taskDefinitionArn": task.task_definition_arn,
            "group": task.group,
            "startedBy": task.started_by,
            "lastStatus": task.last_status,
            "desiredStatus": task.desired_status,
            "stopCode": getattr(task, "stop_code", ""),
            "stoppedReason": task.stopped_reason,
            "overrides": task.overrides,
            "containers": [_container(one) for one in task.containers],
        },
    }


def _container(container: Any) -> dict[str, Any]:
    code, reason = getattr(container, "exit_code", None), getattr(container, "reason", None)
    return {
        "name": container.name,
        "lastStatus": container.last_status,
        **({} if code is None else {"exitCode": code}),
        **({"reason": reason} if reason else {}),
    }


def with_flat_containers(event: dict[str, Any]) -> dict[str, Any]:
    """The event as rules match it: a field of objects in a list has the values of all of them.

    moto compares lists of plain values only.
    """
    containers = event["detail"]["containers"]
    flat: dict[str, list[Any]] = {}
    for container in containers:
        for name, value in container.items():
            flat.setdefault(name, []).append(value)
    return {**event, "detail": {**event["detail"], "containers": flat}}
