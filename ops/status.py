"""How the stack is: what serves, whether all of it is what was asked for, and what needs a person."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from infra.release.record import Release
from ops import health
from ops.host import HostStatus
from ops.hosts import status_of
from ops.stack import Stack


@dataclass(frozen=True, kw_only=True)
class Status:
    """All that `status` tells."""

    stack: str
    region: str
    release: Release
    """The last one on record."""
    host: HostStatus
    alarms: Sequence[health.Alarm]
    database: health.Database | None

    @property
    def attention(self) -> list[str]:
        """What needs a person; empty when all is well."""
        return list(_attention(self))

    def for_scripts(self) -> dict[str, Any]:
        """Everything, in plain values."""
        return {
            "stack": self.stack,
            "region": self.region,
            "release": asdict(self.release),
            **self.host.for_scripts(),
            "alarms": [asdict(one) for one in self.alarms],
            "database": asdict(self.database) if self.database else None,
            "withheld": asdict(self.release.withheld) if self.release.withheld else None,
            "attention": self.attention,
        }


def read_status(stack: Stack) -> Status:
    """Ask AWS. Raises OpsError when there is no release, or nothing to run it on."""
    history = stack.history()
    return Status(
        stack=stack.name,
        region=stack.region,
        release=history[-1],
        host=status_of(stack.session, history),
        alarms=health.alarms(stack.session, stack.project, stack.name),
        database=health.database(stack.session, history[-1].database),
    )


def _attention(status: Status) -> Iterator[str]:
    yield from status.host.attention()
    yield from (f"Alarm {alarm.name}: {alarm.advice}" for alarm in status.alarms)
    if status.database is None:
        yield f"Database {status.release.database} is gone."
    elif status.database.status not in health.GOOD:
        yield f"Database {status.database.identifier} is {status.database.status}."
