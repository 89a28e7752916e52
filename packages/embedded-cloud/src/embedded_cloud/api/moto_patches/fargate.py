"""ECS: the sizes of tasks that Fargate sells, and its network mode."""

import inspect
from collections.abc import Mapping
from typing import Any

from moto.ecs.exceptions import EcsClientException
from moto.ecs.models import EC2ContainerServiceBackend, TaskDefinition

from embedded_cloud.api.moto_patches.replace import Method, wrap_method

GIB = 1024
LONGEST_STOP = 120
"""`stopTimeout` in seconds (API reference of ContainerDefinition)."""
SIZES: Mapping[int, frozenset[int]] = {
    256: frozenset({512, GIB, 2 * GIB}),
    512: frozenset(range(GIB, 4 * GIB + 1, GIB)),
    1024: frozenset(range(2 * GIB, 8 * GIB + 1, GIB)),
    2048: frozenset(range(4 * GIB, 16 * GIB + 1, GIB)),
    4096: frozenset(range(8 * GIB, 30 * GIB + 1, GIB)),
    8192: frozenset(range(16 * GIB, 60 * GIB + 1, 4 * GIB)),
    16384: frozenset(range(32 * GIB, 120 * GIB + 1, 8 * GIB)),
}
"""CPU units to MiB (ECS Developer Guide, "Task CPU and memory" of Fargate task definitions)."""


def apply() -> None:
    wrap_method(EC2ContainerServiceBackend, "register_task_definition", _register)


def _register(original: Method, self: EC2ContainerServiceBackend, *arguments: Any, **named: Any) -> TaskDefinition:
    given = inspect.signature(original).bind(self, *arguments, **named).arguments
    if "FARGATE" in (given.get("requires_compatibilities") or []):
        _check(given.get("cpu"), given.get("memory"), given.get("network_mode"))
        _check_stop_timeouts(given.get("container_definitions") or [])
    definition: TaskDefinition = original(self, *arguments, **named)
    return definition


def _check(cpu: str | None, memory: str | None, network_mode: str | None) -> None:
    if network_mode != "awsvpc":
        raise EcsClientException("Fargate only supports network mode 'awsvpc'.")
    for name, value in (("cpu", cpu), ("memory", memory)):
        if not value:
            raise EcsClientException(f"Fargate requires that '{name}' be defined at the task level.")
    units, size = _number(cpu, 1024, "vcpu"), _number(memory, GIB, "gb")
    if size not in SIZES.get(units, ()):
        raise EcsClientException(
            f"No Fargate configuration exists for given values: {units} CPU, {size} memory. See the Amazon ECS "
            "documentation for the valid values."
        )


def _check_stop_timeouts(containers: list[dict[str, Any]]) -> None:
    for container in containers:
        if int(container.get("stopTimeout") or 0) > LONGEST_STOP:
            raise EcsClientException(f"Fargate supports a stopTimeout of up to {LONGEST_STOP} seconds.")


def _number(text: str | None, factor: int, unit: str) -> int:
    """1024 for `1024`, `1 vCPU` or `1 GB`; 0 for anything else."""
    words = str(text).lower().replace(" ", "")
    try:
        return int(float(words.removesuffix(unit)) * factor) if words.endswith(unit) else int(words)
    except ValueError:
        return 0
