"""Instance types the site may run on: what they hold, and what fits. Pure."""

from dataclasses import dataclass

from infra.machine.compose import PROXY_MIB

SYSTEM_MIB = 512
"""Debian, Docker's engine, the machine's program and Systems Manager's agent, with room to breathe."""
SLOTS = 2
"""A new release starts beside the old one."""


@dataclass(frozen=True)
class InstanceType:
    """What a type holds."""

    architecture: str
    vcpus: int
    memory: int
    """MiB."""


INSTANCE_TYPES = {
    f"{family}.{size}": InstanceType(architecture, vcpus, memory)
    for family, architecture in (("t4g", "arm64"), ("t3a", "x86_64"), ("t3", "x86_64"))
    for size, vcpus, memory in (
        ("micro", 2, 1024),
        ("small", 2, 2048),
        ("medium", 2, 4096),
        ("large", 2, 8192),
        ("xlarge", 4, 16384),
        ("2xlarge", 8, 32768),
    )
}
"""Burstable types of the current generations (AWS's page on T instances): a small site is idle most of the time."""


LARGEST_TASK_MIB = (max(kind.memory for kind in INSTANCE_TYPES.values()) - SYSTEM_MIB) // SLOTS - PROXY_MIB
"""The most memory of an application's container that any type holds twice."""


def needed_mib(task_memory: int) -> int:
    """Memory of a machine that holds two releases for the length of a rollout, with `task_memory` MiB for each web."""
    return SYSTEM_MIB + SLOTS * (task_memory + PROXY_MIB)


def smallest(architecture: str, task_memory: int) -> str:
    """The smallest type, newest family first, that fits. Raises ValueError when none does."""
    fitting = [
        name
        for name, kind in INSTANCE_TYPES.items()
        if kind.architecture == architecture and kind.memory >= needed_mib(task_memory)
    ]
    if not fitting:
        raise ValueError(f"no instance type of {architecture} holds two releases of {task_memory} MiB each")
    return min(fitting, key=lambda name: INSTANCE_TYPES[name].memory)


def problem(name: str, architecture: str, task_memory: int) -> str | None:
    """Why the site cannot run on this type; None when it can."""
    kind = INSTANCE_TYPES.get(name)
    if kind is None:
        return f"must be one of {', '.join(INSTANCE_TYPES)}"
    if kind.architecture != architecture:
        return f"is a {kind.architecture} machine, and the images are built for {architecture}"
    if kind.memory < needed_mib(task_memory):
        return (
            f"has {kind.memory} MiB, and a rollout of two releases with taskMemory {task_memory} needs "
            f"{needed_mib(task_memory)}"
        )
    return None
