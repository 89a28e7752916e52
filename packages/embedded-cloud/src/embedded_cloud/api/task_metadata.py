"""The task metadata endpoint, as far as the embedded cloud knows a container.

docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html
"""

import json
from typing import Any

from moto.ecs.models import ecs_backends

from embedded_cloud.config import ACCOUNT_ID, REGION

PREFIX = "/v4/"
"""Task's id and container's name follow."""


def answer(path: str) -> bytes | None:
    """The container's metadata as JSON; None for an unknown one. Hold the cloud's lock."""
    identifier, _, name = path.removeprefix(PREFIX).partition("/")
    backend = ecs_backends[ACCOUNT_ID][REGION]
    for tasks in backend.tasks.values():
        for task in tasks.values():
            if task.id == identifier:
                definition = backend.describe_task_definition(task.task_definition_arn)
                found = next((one for one in definition.container_definitions if one["name"] == name), None)
                return json.dumps(_metadata(task, definition, found)).encode() if found else None
    return None


def _metadata(task: Any, definition: Any, container: dict[str, Any]) -> dict[str, Any]:
    options = (container.get("logConfiguration") or {}).get("options") or {}
    prefix = options.get("awslogs-stream-prefix")
    stream = {"awslogs-stream": f"{prefix}/{container['name']}/{task.id}"} if prefix else {}
    names = ("awslogs-group", "awslogs-region")
    return {
        "Name": container["name"],
        "Image": container["image"],
        "Labels": {
            "com.amazonaws.ecs.cluster": task.cluster_arn,
            "com.amazonaws.ecs.container-name": container["name"],
            "com.amazonaws.ecs.task-arn": task.task_arn,
            "com.amazonaws.ecs.task-definition-family": definition.family,
            "com.amazonaws.ecs.task-definition-version": str(definition.revision),
        },
        "LogDriver": (container.get("logConfiguration") or {}).get("logDriver", ""),
        "LogOptions": {**{name: options[name] for name in names if name in options}, **stream},
    }
