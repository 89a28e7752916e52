"""What a DB instance holds: connections by class, and the storage limit. Pure: no resources."""

import re

CONNECTIONS_PER_GIB = 75
"""`max_connections` per GiB of memory.

Below RDS's default, LEAST({DBInstanceClassMemory/9531392},5000), which is 112 per GiB of a memory that AWS does not
publish: DBInstanceClassMemory lacks what the operating system and RDS's own processes take. So the database allows at
least this many before a reboot has put a changed value into effect.
Sources: AWS Prescriptive Guidance, "max_connections"; Amazon RDS user guide, "DB parameter types".
"""
MOST_CONNECTIONS = 5000
RESERVED_CONNECTIONS = 5
"""Closed to the application: `superuser_reserved_connections` (3) and `rds.rds_superuser_reserved_connections` (2).

Source: AWS knowledge center, "remaining connection slots are reserved".
"""
ONE_OFF_TASK_CONNECTIONS = 2
"""The release task holds one for its lock and one for the migrations."""
OPERATOR_CONNECTIONS = 4
"""For a tunnel, a shell in a task, and RDS's own sessions."""
ROLLOUT_FACTOR = 2
"""A rollout runs the new tasks beside the old ones: deploymentMaximumPercent is 200."""

_LARGE_GIB = {"t": 8, "m": 8, "r": 16, "x2g": 32, "x2iedn": 64}
"""Memory in GiB of the size `large` by family. Source: Amazon RDS user guide, "DB instance classes"."""
_SMALL_SIZES = {"micro": 8, "small": 4, "medium": 2}
"""Sizes that only burstable classes have: a `large` divided by this."""
_XLARGE = ("", "2", "4", "8", "12", "16", "24", "32", "48")
_FAMILY = re.compile(r"(t)(?:3|4g)|(m|r)[5-9][a-z]*|(x2g|x2iedn)")
"""Families that run PostgreSQL 14 and later, with encrypted storage."""
CLASSES = (
    *(f"db.t4g.{size}" for size in ("micro", "small", "medium", "large", "xlarge", "2xlarge")),
    "db.m7g.4xlarge",
    "db.m7g.8xlarge",
)
"""Classes to choose from, from the smallest to the first that reaches MOST_CONNECTIONS."""


def memory_gib(instance_class: str) -> float:
    """Memory of a DB instance class. Raises ValueError for one that does not run the database."""
    parts = instance_class.split(".")
    if len(parts) != 3 or parts[0] != "db":
        raise ValueError(f"{instance_class!r} is no RDS instance class such as db.t4g.micro")
    family, size = _FAMILY.fullmatch(parts[1]), parts[2]
    if family is None:
        raise ValueError(f"{instance_class!r} is of the family {parts[1]!r}, which does not run this database")
    kind = next(filter(None, family.groups()))
    large = _LARGE_GIB[kind]
    if size == "large":
        return large
    if kind == "t" and size in _SMALL_SIZES:
        return large / _SMALL_SIZES[size]
    if size.endswith("xlarge") and (times := size.removesuffix("xlarge")) in (("", "2") if kind == "t" else _XLARGE):
        return 2 * large * int(times or 1)
    raise ValueError(f"{instance_class!r} has the size {size!r}, which RDS does not offer")


def max_connections(instance_class: str) -> int:
    """The `max_connections` that the program sets for a class. Raises ValueError as `memory_gib`."""
    return min(int(CONNECTIONS_PER_GIB * memory_gib(instance_class)), MOST_CONNECTIONS)


def usable_connections(instance_class: str) -> int:
    """Connections that others than RDS can open: what CloudWatch's DatabaseConnections can reach."""
    return max_connections(instance_class) - RESERVED_CONNECTIONS


def connections_in_rollout(tasks: int, connections_per_task: int) -> int:
    """Most connections while this many tasks are replaced."""
    others = RESERVED_CONNECTIONS + ONE_OFF_TASK_CONNECTIONS + OPERATOR_CONNECTIONS
    return ROLLOUT_FACTOR * tasks * connections_per_task + others


def tasks_that_fit(instance_class: str, connections_per_task: int) -> int:
    """Most tasks that can be replaced in one rollout; may be 0."""
    room = max_connections(instance_class) - connections_in_rollout(0, connections_per_task)
    return max(0, room // (ROLLOUT_FACTOR * connections_per_task))


def smallest_class(tasks: int, connections_per_task: int) -> str | None:
    """The smallest of CLASSES that this many tasks fit; None when none does."""
    return next((name for name in CLASSES if tasks_that_fit(name, connections_per_task) >= tasks), None)


def least_max_storage_gb(storage_gb: int) -> int:
    """The smallest limit that RDS accepts for the growth of a storage of this size, in GiB: 10 % above it.

    Source: API reference of ModifyDBInstance, MaxAllocatedStorage.
    """
    return -(-storage_gb * 11 // 10)
