"""Turn a container definition of ECS into arguments for Docker's SDK. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from docker.types import LogConfig, Ulimit

from embedded_cloud.config import Clocks

SECOND = 1_000_000_000
"""One second in nanoseconds, Docker's unit."""
MEBIBYTE = 1024 * 1024
CPU_UNITS = 1024
"""ECS's units per vCPU."""
STOP_TIMEOUT_SECONDS = 30
"""ECS's default for `stopTimeout`."""
LEAST_SHARES = 2
"""Docker refuses less."""
LEAST_INTERVAL_SECONDS = 1.0
"""A health check runs no more often, however fast the cloud's clocks are: each run starts a process."""

REFUSED = {
    "environmentFiles": "list the variables in `environment`",
    "firelensConfiguration": "use the awslogs driver",
    "links": "containers of a task share localhost",
    "resourceRequirements": "Fargate has no GPU",
    "volumesFrom": "share a volume of the task",
}
"""Parts of a container definition that are not emulated, each with an alternative."""

Definition = Mapping[str, Any]


class RenderError(Exception):
    """The container definition uses a feature that is not emulated. The message is the task's stop reason."""


@dataclass(frozen=True, kw_only=True)
class Placement:
    """What the task and the cloud add to a container definition."""

    pause: str
    """Id of the container that holds the network namespace of the task."""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Variables that Fargate sets; those of the definition take precedence."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Values of the definition's `secrets`."""
    override: Mapping[str, Any] = field(default_factory=dict)
    """RunTask's override of this container."""
    volumes: Mapping[str, str] = field(default_factory=dict)
    """Docker volume of each volume of the task."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Files of the host to mount read-only: path in the container to host path."""
    task_cpu: str | None = None
    """CPU units the task may use, all containers together."""
    task_memory: str | None = None
    """MiB the task may use."""
    clocks: Clocks = field(default_factory=Clocks)


def render(definition: Definition, placement: Placement) -> dict[str, Any]:
    """Return the options for `DockerHost.create`, without name, image and labels. Raises RenderError."""
    _refuse(definition)
    linux = definition.get("linuxParameters") or {}
    capabilities = linux.get("capabilities") or {}
    command = placement.override.get("command") or definition.get("command")
    options = {
        "command": command,
        "entrypoint": definition.get("entryPoint"),
        "working_dir": definition.get("workingDirectory"),
        "user": definition.get("user"),
        "environment": environment(definition, placement),
        "read_only": bool(definition.get("readonlyRootFilesystem")),
        "tmpfs": _tmpfs(linux.get("tmpfs") or ()),
        "cap_add": capabilities.get("add"),
        "cap_drop": capabilities.get("drop"),
        "init": bool(linux.get("initProcessEnabled")),
        "shm_size": linux["sharedMemorySize"] * MEBIBYTE if linux.get("sharedMemorySize") else None,
        "security_opt": ["no-new-privileges:true"],
        "network_mode": f"container:{placement.pause}",
        "healthcheck": health_check(definition.get("healthCheck"), placement.clocks),
        "ulimits": _ulimits(definition.get("ulimits") or ()),
        "volumes": _mounts(definition, placement),
        "tty": definition.get("pseudoTerminal"),
        "stdin_open": definition.get("interactive"),
        "log_config": LogConfig(type="json-file", config={"max-size": "10m", "max-file": "2"}),
        **_limits(definition, placement),
    }
    return {name: value for name, value in options.items() if value is not None}


def environment(definition: Definition, placement: Placement) -> dict[str, str]:
    """Merge the container's variables. Precedence: RunTask's override, secrets, the definition, Fargate."""
    return {
        **placement.environment,
        **_pairs(definition.get("environment")),
        **placement.secrets,
        **_pairs(placement.override.get("environment")),
    }


def health_check(check: Mapping[str, Any] | None, clocks: Clocks) -> dict[str, Any]:
    """Translate a health check. Without one, the image's own is disabled, because ECS ignores it."""
    if not check:
        return {"test": ["NONE"]}
    command: Sequence[str] = check["command"]
    if command[0] not in ("CMD", "CMD-SHELL", "NONE"):
        command = ["CMD", *command]
    interval = max(clocks.shortened(int(check.get("interval") or 30)), LEAST_INTERVAL_SECONDS)
    return {
        "test": list(command),
        "interval": int(interval * SECOND),
        "timeout": int(check.get("timeout") or 5) * SECOND,
        "retries": int(check.get("retries") or 3),
        "start_period": int(check.get("startPeriod") or 0) * SECOND,
    }


def stop_timeout(definition: Definition) -> int:
    """Seconds between SIGTERM and SIGKILL."""
    return int(definition.get("stopTimeout") or STOP_TIMEOUT_SECONDS)


def _limits(definition: Definition, placement: Placement) -> dict[str, Any]:
    """Limit each container to its own limit or the task's: Docker has none for several containers together."""
    override = placement.override
    shares = int(override.get("cpu") or definition.get("cpu") or 0)
    memory = override.get("memory") or definition.get("memory") or placement.task_memory
    reserved = override.get("memoryReservation") or definition.get("memoryReservation")
    limits: dict[str, Any] = {"cpu_shares": max(shares, LEAST_SHARES)}
    if placement.task_cpu:
        limits["nano_cpus"] = int(placement.task_cpu) * SECOND // CPU_UNITS
    if memory:
        # The limit with swap is the same one: Fargate has no swap.
        limits["mem_limit"] = limits["memswap_limit"] = int(memory) * MEBIBYTE
    if reserved:
        limits["mem_reservation"] = int(reserved) * MEBIBYTE
    return limits


def _refuse(definition: Definition) -> None:
    for key, instead in REFUSED.items():
        if definition.get(key):
            raise RenderError(f"container {definition['name']}: {key} is not emulated; {instead}")
    if definition.get("privileged"):
        raise RenderError(f"container {definition['name']}: privileged containers do not run on Fargate")


def _tmpfs(entries: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {
        entry["containerPath"]: ",".join([f"size={entry['size']}m", *(entry.get("mountOptions") or ())])
        for entry in entries
    }


def _ulimits(entries: Sequence[Mapping[str, Any]]) -> list[Ulimit]:
    # Without any, the engine's own apply: an engine in a container may not raise them to Fargate's.
    return [Ulimit(name=entry["name"], soft=entry["softLimit"], hard=entry["hardLimit"]) for entry in entries]


def _mounts(definition: Definition, placement: Placement) -> list[str]:
    mounts = [f"{path}:{target}:ro" for target, path in placement.files.items()]
    for point in definition.get("mountPoints") or ():
        volume = placement.volumes.get(point["sourceVolume"])
        if volume is None:
            raise RenderError(f"container {definition['name']}: the task has no volume {point['sourceVolume']}")
        mounts.append(f"{volume}:{point['containerPath']}:{'ro' if point.get('readOnly') else 'rw'}")
    return mounts


def _pairs(entries: Sequence[Mapping[str, str]] | None) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in entries or ()}
