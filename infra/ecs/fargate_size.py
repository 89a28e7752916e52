"""Task sizes that Fargate supports. Pure: no resources."""

GIB = 1024

# CPU units -> legal memory sizes in MiB. Source: Amazon ECS developer guide, "Task CPU and memory" for Linux tasks.
MEMORY_BY_CPU: dict[int, tuple[int, ...]] = {
    256: (512, 1 * GIB, 2 * GIB),
    512: tuple(range(1 * GIB, 4 * GIB + 1, GIB)),
    1024: tuple(range(2 * GIB, 8 * GIB + 1, GIB)),
    2048: tuple(range(4 * GIB, 16 * GIB + 1, GIB)),
    4096: tuple(range(8 * GIB, 30 * GIB + 1, GIB)),
    8192: tuple(range(16 * GIB, 60 * GIB + 1, 4 * GIB)),
    16384: tuple(range(32 * GIB, 120 * GIB + 1, 8 * GIB)),
}


def problem(cpu: int, memory: int) -> str | None:
    """Rule and fix for an illegal pair of `cpu` units (1024 = one vCPU) and `memory` MiB; None for a legal one."""
    if cpu not in MEMORY_BY_CPU:
        sizes = ", ".join(map(str, MEMORY_BY_CPU))
        nearest_cpu, nearest_memory = nearest(cpu, memory)
        return f"Fargate supports {sizes} CPU units; nearest legal size: {nearest_cpu} CPU with {nearest_memory} MiB"
    if memory not in MEMORY_BY_CPU[cpu]:
        nearest_memory = _closest(MEMORY_BY_CPU[cpu], memory)
        return f"Fargate supports {cpu} CPU units with {_memories(cpu)} MiB; nearest legal memory: {nearest_memory}"
    return None


def nearest(cpu: int, memory: int) -> tuple[int, int]:
    """The legal pair closest to this one: first by CPU, then by memory; the larger of two equally close."""
    legal_cpu = _closest(tuple(MEMORY_BY_CPU), cpu)
    return legal_cpu, _closest(MEMORY_BY_CPU[legal_cpu], memory)


def _closest(choices: tuple[int, ...], wanted: int) -> int:
    return min(choices, key=lambda choice: (abs(choice - wanted), -choice))


def _memories(cpu: int) -> str:
    sizes = MEMORY_BY_CPU[cpu]
    if len(sizes) <= 4:
        return ", ".join(map(str, sizes))
    return f"{sizes[0]} to {sizes[-1]} in steps of {sizes[1] - sizes[0]}"
