"""Containers of a workload as a slot of the machine: a compose document. Pure: no resources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.machine.program.slot_containers import DRAIN_SECONDS
from infra.machine.program.slots import NETWORK
from infra.task_definition import HEALTH_CHECK, STOP_TIMEOUT_SECONDS, TMP_MIB, USER
from infra.workload import Container

SECRETS_FOLDER = "/run/secrets"
CERTIFICATE_FOLDER = "/run/certificate"
PROXY_MIB = 128
PIDS = 200
NAMESPACE = "network"
"""The service that holds the slot's address; the containers of the task share its network, as on ECS."""
# While a container starts it is asked every second: that is how long a deploy waits for nothing.
_QUICK_START = {"start_period": "30s", "start_interval": "1s"}


@dataclass(frozen=True, kw_only=True)
class ComposeTarget:
    """What the machine gives the containers."""

    region: str
    log_group: str
    memory: int
    """MiB that the application's container may use."""
    hosts: Sequence[str]
    """Names under which plain HTTP is sent on to https; every other one is refused there."""
    certificate_folder: str = "/run/preqly/certificate"
    """On the machine, in memory."""


def render_compose(
    serving: Sequence[Container], once: Sequence[Container], target: ComposeTarget, namespace_image: str
) -> dict[str, Any]:
    """The compose document of a slot: `serving` runs in it, `once` waits for `docker compose run`.

    The machine fills in the variables SLOT_..., of which each of the two is told its own credentials alone:
    `serving` ${SLOT_CREDENTIALS}, `once` ${SLOT_PREPARATION}.
    """
    services = {NAMESPACE: _namespace(namespace_image)}
    for container in serving:
        services[container.name] = {
            **_service(container, target),
            "network_mode": f"service:{NAMESPACE}",
            "restart": "unless-stopped",
        }
    for container in once:
        services[container.name] = {
            **_service(container, target),
            "networks": ["slots"],
            "restart": "no",
            "profiles": ["once"],
        }
    return {"services": services, "networks": {"slots": {"name": NETWORK, "external": True}}}


def secret_keys(containers: Sequence[Container]) -> dict[str, dict[str, str]]:
    """Per container: variable to key of the application's secret."""
    return {container.name: dict(container.secrets) for container in containers if container.secrets}


def _namespace(image: str) -> dict[str, Any]:
    return {
        "image": image,
        "entrypoint": ["sleep", "infinity"],
        # Only the kernel ends a first process without a handler; nothing is lost with this one.
        "stop_signal": "SIGKILL",
        # Compose waits for nothing it cannot check.
        "healthcheck": {"test": ["CMD", "true"], "interval": "30s", **_QUICK_START},
        "restart": "unless-stopped",
        "mem_limit": "16m",
        "networks": {"slots": {"ipv4_address": "${SLOT_ADDRESS}"}},
        "logging": {"driver": "none"},
        **_hardened(),
    }


def _service(container: Container, target: ComposeTarget) -> dict[str, Any]:
    is_proxy = container.port is not None
    service: dict[str, Any] = {
        "image": container.image,
        "environment": _environment(container, target),
        "volumes": _volumes(container, target),
        "tmpfs": [f"/tmp:size={TMP_MIB}m,mode=1777,nodev,noexec,nosuid"],  # noqa: S108 - a mount, not a shared file
        "mem_limit": f"{PROXY_MIB if is_proxy else target.memory}m",
        "stop_grace_period": f"{STOP_TIMEOUT_SECONDS}s",
        "logging": _logging(container, target),
        **_hardened(),
    }
    if container.command:
        service["command"] = list(container.command)
    if container.starts_after:
        service["depends_on"] = {name: {"condition": "service_started"} for name in container.starts_after}
    service["healthcheck"] = _health_check() if container.health_checked else {"disable": True}
    return service


def _hardened() -> dict[str, Any]:
    return {
        "user": USER,
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "pids_limit": PIDS,
    }


def _environment(container: Container, target: ComposeTarget) -> dict[str, str]:
    # Compose reads a dollar as the beginning of a variable of its own.
    own = {name: value.replace("$", "$$") for name, value in container.environment.items()}
    if container.port is not None:
        own |= {
            # Visitors come without a load balancer: nobody's forwarding headers are believed, and TLS ends here.
            "TRUSTED_PROXIES": "",
            "TLS_CERTIFICATE": f"{CERTIFICATE_FOLDER}/cert.pem",
            "TLS_KEY": f"{CERTIFICATE_FOLDER}/key.pem",
            "REDIRECT_HOSTS": ",".join(target.hosts),
            # As long as a deploy waits for the open connections of the slot it replaces.
            "SHUTDOWN_SECONDS": str(DRAIN_SECONDS),
        }
    return {
        **own,
        **{f"{name}_FILE": f"{SECRETS_FOLDER}/{name}" for name in sorted(dict(container.secrets))},
        "AWS_REGION": target.region,
        "AWS_DEFAULT_REGION": target.region,
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "${SLOT_CREDENTIALS}"
        if container.health_checked
        else "${SLOT_PREPARATION}",
    }


def _volumes(container: Container, target: ComposeTarget) -> list[str]:
    folders = []
    if container.secrets:
        folders.append(f"${{SLOT_SECRETS}}/{container.name}:{SECRETS_FOLDER}:ro")
    if container.port is not None:
        folders.append(f"{target.certificate_folder}:{CERTIFICATE_FOLDER}:ro")
    return folders


def _health_check() -> dict[str, Any]:
    check: Mapping[str, Any] = HEALTH_CHECK
    return {
        "test": check["command"],
        "interval": f"{check['interval']}s",
        "timeout": f"{check['timeout']}s",
        "retries": check["retries"],
        **_QUICK_START,
        "start_period": f"{check['startPeriod']}s",
    }


def _logging(container: Container, target: ComposeTarget) -> dict[str, Any]:
    kind = "web" if container.health_checked else "migration"
    return {
        "driver": "awslogs",
        "options": {
            "awslogs-group": target.log_group,
            "awslogs-region": target.region,
            # As ECS names them: prefix/container/task.
            "awslogs-stream": f"{kind}/{container.name}/${{SLOT_STREAM}}",
            # A site that answers without logs beats one that hangs because CloudWatch is slow.
            "mode": "non-blocking",
            "max-buffer-size": "4m",
            # Docker's own copy, for the last lines of a container that fails.
            "cache-max-size": "10m",
            "cache-max-file": "2",
        },
    }
