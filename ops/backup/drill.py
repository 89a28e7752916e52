"""A drill: restore into a new instance, check it, tell lost and needed time, delete it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.release.reporting import Reporter
from ops.backup import instances
from ops.backup.database_check import DatabaseCheck, check
from ops.backup.restore_point import RestorePoint, read_window, refuse_outside
from ops.database import read_login
from ops.errors import Refused
from ops.stack import Stack

PURPOSE = "drill"


@dataclass(frozen=True, kw_only=True)
class DrillRequest:
    """What to restore and to check, and the longest times that are accepted."""

    point: RestorePoint
    queries: Sequence[str] = ()
    max_lost: timedelta | None = None
    max_needed: timedelta | None = None


@dataclass(frozen=True, kw_only=True)
class DrillResult:
    """What the drill has shown."""

    restored: str
    """The moment or the snapshot."""
    lost_seconds: float
    """Age of the latest restorable moment at the start: what a failure at that moment loses (RPO)."""
    needed_seconds: float
    """From the start to the last answer of the checks (RTO)."""
    check: DatabaseCheck
    problems: tuple[str, ...]
    """Failed checks and exceeded times."""

    def to_values(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return asdict(self)


def drill(stack: Stack, request: DrillRequest, report: Reporter) -> DrillResult:
    """Run the drill. The new instance is deleted whatever happens; the message of an error names one that is left."""
    release = stack.history()[-1]
    rds: Any = stack.session.client("rds")
    source = instances.describe(rds, release.database)
    window = read_window(rds, release.database)
    refuse_outside(request.point, window, release.database)
    if window is None:
        raise Refused(f"Database {release.database} has no automated backup: its lost time is unknown.")
    _delete_left_over(stack, rds, report)
    owner = read_login(stack.session, release, owner=True)
    began, start = datetime.now(UTC), time.monotonic()
    with instances.temporary(stack, source, request.point, PURPOSE, owner.password, report) as restored:
        report(f"Checking {restored.identifier}")
        found = check(stack, release, restored.address, request.queries)
        needed = time.monotonic() - start
    lost = (began - window.latest).total_seconds()
    return DrillResult(
        restored=str(request.point if request.point.snapshot or request.point.moment else window.latest),
        lost_seconds=round(lost, 1),
        needed_seconds=round(needed, 1),
        check=found,
        problems=(*found.problems(), *_exceeded(request, {"lost": lost, "needed": needed})),
    )


def _exceeded(request: DrillRequest, seconds: Mapping[str, float]) -> list[str]:
    limits = {"lost": request.max_lost, "needed": request.max_needed}
    return [
        f"the {name} time of {seconds[name]:.0f} s is longer than --max-{name} allows ({limit.total_seconds():.0f} s)"
        for name, limit in limits.items()
        if limit is not None and seconds[name] > limit.total_seconds()
    ]


def _delete_left_over(stack: Stack, rds: Any, report: Reporter) -> None:
    """Delete what a killed drill has left."""
    for identifier in instances.left_over(stack, PURPOSE):
        report(f"An earlier drill has left {identifier}")
        if left := instances.delete(rds, identifier, report):
            report(left)
