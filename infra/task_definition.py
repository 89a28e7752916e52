"""Containers of a workload as Amazon ECS reads them. Pure: no resources."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from infra.workload import OWNER_KEY, Container

USER = "10001:10001"
TMP_MIB = 64
STOP_TIMEOUT_SECONDS = 10
HEALTH_CHECK = {
    "command": ["CMD", "/usr/local/bin/healthcheck"],
    "interval": 5,
    "timeout": 4,
    "retries": 3,
    "startPeriod": 30,
}
"""In seconds; a container that starts slower than startPeriod and three checks is replaced."""


@dataclass(frozen=True, kw_only=True)
class EcsTarget:
    """Where ECS finds what the containers need."""

    secret_arn: str
    secret_version: str
    log_group: str
    region: str
    stream_prefix: str


def render_task_definition(containers: Sequence[Container], target: EcsTarget) -> str:
    """The `containerDefinitions` document of a task definition: the same input gives the same text.

    It has the form in which ECS gives it back, by name and with the empty lists: what differs from that is a change in
    every preview, and a new revision and new tasks in every update.
    """
    ordered = sorted(containers, key=lambda container: container.name)
    return json.dumps([_ecs_container(container, target) for container in ordered], sort_keys=True)


def volume_names(containers: Sequence[Container]) -> list[str]:
    """The empty volumes a task must declare for these containers, sorted."""
    return sorted({name for container in containers for name in container.volumes})


def _ecs_container(container: Container, target: EcsTarget) -> dict[str, Any]:
    definition: dict[str, Any] = {
        "name": container.name,
        "image": container.image,
        "cpu": 0,
        "essential": True,
        "user": USER,
        "readonlyRootFilesystem": True,
        "privileged": False,
        "linuxParameters": _linux_parameters(),
        "stopTimeout": STOP_TIMEOUT_SECONDS,
        "environment": [{"name": name, "value": value} for name, value in sorted(container.environment.items())],
        "secrets": [
            {"name": name, "valueFrom": _reference(key, target)} for name, key in sorted(container.secrets.items())
        ],
        "logConfiguration": _log_configuration(target),
        "mountPoints": [
            {"sourceVolume": name, "containerPath": path, "readOnly": False}
            for name, path in sorted(container.volumes.items())
        ],
        "portMappings": _port_mappings(container),
        "systemControls": [],
        "volumesFrom": [],
    }
    if container.command:
        definition["command"] = list(container.command)
    if container.starts_after:
        definition["dependsOn"] = [{"containerName": name, "condition": "START"} for name in container.starts_after]
    if container.health_checked:
        definition["healthCheck"] = HEALTH_CHECK
    return definition


def _reference(key: str, target: EcsTarget) -> str:
    """ARN, key, stage, version; with neither stage nor version ECS reads the secret's current one."""
    return f"{target.secret_arn}:{key}::{'' if key == OWNER_KEY else target.secret_version}"


def _port_mappings(container: Container) -> list[dict[str, Any]]:
    if container.port is None:
        return []
    return [{"containerPort": container.port, "hostPort": container.port, "protocol": "tcp"}]


def _linux_parameters() -> dict[str, Any]:
    return {
        "capabilities": {"add": [], "drop": ["ALL"]},
        # The images' first process is the server itself: it takes SIGTERM and leaves no children behind.
        "initProcessEnabled": False,
        "tmpfs": [
            {"containerPath": "/tmp", "size": TMP_MIB, "mountOptions": ["mode=1777", "nodev", "noexec", "nosuid"]}  # noqa: S108 - a mount, not a shared file
        ],
    }


def _log_configuration(target: EcsTarget) -> dict[str, Any]:
    return {
        "logDriver": "awslogs",
        "options": {
            "awslogs-group": target.log_group,
            "awslogs-region": target.region,
            "awslogs-stream-prefix": target.stream_prefix,
            # A site that answers without logs beats one that hangs because CloudWatch is slow.
            "mode": "non-blocking",
            "max-buffer-size": "4m",
        },
    }
