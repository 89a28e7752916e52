"""The `containerDefinitions` document of an ECS task definition. Pure: no resources."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from infra.ecs.containers import OWNER_KEY, Container
from infra.secrets.reference import SecretReference

USER = "10001:10001"
HEALTH_CHECK = {
    "interval": 5,
    "timeout": 4,
    "retries": 3,
}
"""In seconds; ECS replaces a container that takes longer to start than `start_seconds` and three checks."""


@dataclass(frozen=True, kw_only=True)
class SecretsAndLogs:
    """The secret that the containers read, and the log group that they write to."""

    secret_arn: str
    secret_version: str
    log_group: str
    region: str
    stream_prefix: str


def container_definitions(containers: Sequence[Container], args: SecretsAndLogs) -> str:
    """Render the document as JSON; the same input gives the same text.

    The form is the one that ECS returns, sorted by name and with empty lists: any other would be a diff in every
    preview, and new tasks in every update.
    """
    ordered = sorted(containers, key=lambda container: container.name)
    return json.dumps([_definition(container, args) for container in ordered], sort_keys=True)


def volume_names(containers: Sequence[Container]) -> list[str]:
    """The volumes that the task definition must declare for these containers, sorted."""
    return sorted({name for container in containers for name in container.volumes})


def _definition(container: Container, args: SecretsAndLogs) -> dict[str, Any]:
    definition: dict[str, Any] = {
        "name": container.name,
        "image": container.image,
        "cpu": 0,
        "essential": True,
        "user": USER,
        "readonlyRootFilesystem": True,
        "privileged": False,
        "linuxParameters": _linux_parameters(container),
        "stopTimeout": container.stop_seconds,
        "environment": [{"name": name, "value": value} for name, value in sorted(container.environment.items())],
        "secrets": _secrets(container, args),
        "logConfiguration": _log_configuration(args),
        "mountPoints": [
            {"sourceVolume": name, "containerPath": path, "readOnly": False}
            for name, path in sorted(container.volumes.items())
        ],
        "portMappings": _port_mappings(container),
        "systemControls": [],
        "volumesFrom": [],
    }
    if container.labels:
        definition["dockerLabels"] = dict(container.labels)
    if container.command:
        definition["command"] = list(container.command)
    if container.starts_after:
        definition["dependsOn"] = [{"containerName": name, "condition": "START"} for name in container.starts_after]
    if container.health_check:
        checked = {"command": list(container.health_check), "startPeriod": container.start_seconds}
        definition["healthCheck"] = {**HEALTH_CHECK, **checked}
    return definition


def _secrets(container: Container, args: SecretsAndLogs) -> list[dict[str, str]]:
    own = {name: _value_from(key, args) for name, key in container.secrets.items()}
    return [{"name": name, "valueFrom": source} for name, source in sorted({**container.references, **own}.items())]


def _value_from(key: str, args: SecretsAndLogs) -> str:
    """Secret reference `ARN:key:stage:version`; without stage and version ECS reads the current version."""
    version = "" if key == OWNER_KEY else args.secret_version
    return str(SecretReference(arn=args.secret_arn, key=key, version=version))


def _port_mappings(container: Container) -> list[dict[str, Any]]:
    if container.port is None:
        return []
    return [{"containerPort": container.port, "hostPort": container.port, "protocol": "tcp"}]


def _linux_parameters(container: Container) -> dict[str, Any]:
    return {
        "capabilities": {"add": [], "drop": ["ALL"]},
        "initProcessEnabled": container.init,
        "tmpfs": [
            {
                "containerPath": "/tmp",  # noqa: S108 - a mount, not a shared file
                "size": container.tmp_mib,
                "mountOptions": ["mode=1777", "nodev", "noexec", "nosuid"],
            }
        ],
    }


def _log_configuration(args: SecretsAndLogs) -> dict[str, Any]:
    return {
        "logDriver": "awslogs",
        "options": {
            "awslogs-group": args.log_group,
            "awslogs-region": args.region,
            "awslogs-stream-prefix": args.stream_prefix,
            # Blocking mode stops the application while CloudWatch Logs is slow.
            "mode": "non-blocking",
            "max-buffer-size": "4m",
        },
    }
