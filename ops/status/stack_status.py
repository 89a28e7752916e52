"""Status of a stack: what serves, whether it is what was deployed, and what needs attention."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from infra.release.record import ReleaseRecord
from ops.stack import Stack
from ops.status import health
from ops.status.service_status import ServiceStatus


@dataclass(frozen=True, kw_only=True)
class StackStatus:
    """Everything that `status` shows."""

    stack: str
    region: str
    release: ReleaseRecord
    """The last on record."""
    service: ServiceStatus
    alarms: Sequence[health.Alarm]
    database: health.Database | None

    @property
    def attention(self) -> list[str]:
        """What needs attention; empty when the stack is healthy."""
        return list(_attention(self))

    def to_values(self) -> dict[str, Any]:
        """Everything, for JSON."""
        release = self.release.to_values()
        return {
            "stack": self.stack,
            "region": self.region,
            "release": release,
            **self.service.to_values(),
            "alarms": [asdict(one) for one in self.alarms],
            "database": asdict(self.database) if self.database else None,
            "withheld": release["withheld"],
            "attention": self.attention,
        }


def read_status(stack: Stack) -> StackStatus:
    """Read the status from AWS. Raises OpsError when there is no release or no service."""
    history = stack.history()
    return StackStatus(
        stack=stack.name,
        region=stack.region,
        release=history[-1],
        service=ServiceStatus.read(stack.session, history),
        alarms=health.alarms(stack.session, stack.project, stack.name),
        database=health.database(stack.session, history[-1].database),
    )


def _attention(status: StackStatus) -> Iterator[str]:
    yield from status.service.problems()
    yield from (f"Alarm {alarm.name}: {alarm.advice}" for alarm in status.alarms)
    if status.database is None:
        yield f"Database {status.release.database} does not exist."
    elif status.database.status not in health.GOOD:
        yield f"Database {status.database.identifier} is {status.database.status}."
