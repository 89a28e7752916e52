"""Status of a stack: what serves, whether it is what was deployed, and what needs attention."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console, ConsoleRenderable, Group
from rich.markup import escape
from rich.text import Text

from infra.release.record import ReleaseRecord
from ops.output import age, coloured, release_age, release_name
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
    processes: Mapping[str, ServiceStatus]
    """By name."""
    alarms: health.Alarms
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
            "processes": {name: one.to_values() for name, one in self.processes.items()},
            "alarms": [asdict(one) for one in self.alarms.ringing],
            "receivers": [asdict(one) for one in self.alarms.topics],
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
        processes={
            name: ServiceStatus.read(stack.session, history, name) for name in sorted(history[-1].process_services)
        },
        alarms=health.alarms(stack.session, stack.project, stack.name),
        database=health.database(stack.session, history[-1].database),
    )


def _attention(status: StackStatus) -> Iterator[str]:
    yield from status.service.problems()
    for name, process in status.processes.items():
        yield from (f"Process {name}: {problem}" for problem in process.problems())
    yield from status.alarms.problems(needed=status.database is not None and status.database.protected)
    if status.database is None:
        yield f"Database {status.release.database} does not exist."
    elif status.database.status not in health.GOOD:
        yield f"Database {status.database.identifier} is {status.database.status}."


def print_status(status: StackStatus, console: Console) -> None:
    """Print the release, then what runs, then what needs attention."""
    console.print(Group(*_parts(status)))


def _parts(status: StackStatus) -> Iterator[ConsoleRenderable]:
    release = status.release
    yield Text.from_markup(
        f"[bold]{escape(status.stack)}[/] in {status.region}: {escape(release_name(release))}, {release_age(release)}"
    )
    if release.rolled_back:
        yield Text.from_markup(
            f"[yellow]Release {release.rolled_back.number} was rolled back[/]: `pulumi up` of the same sources keeps "
            "this one. `python -m ops forward` deploys it again."
        )
    yield Text()
    for one in (status.service, *status.processes.values()):
        for table in one.tables():
            yield table
            yield Text()
    yield Text.from_markup(f"[bold]Database[/]  {_database(status)}")
    if status.alarms.topics:
        heard = escape(", ".join(status.alarms.receivers)) or "[yellow]no address[/]"
        yield Text.from_markup(f"[bold]Alarms[/]    go to {heard}")
    yield from _conclusion(status)


def _database(status: StackStatus) -> str:
    database = status.database
    if database is None:
        return "[red]does not exist[/]"
    standby = ", standby in a second zone" if database.multi_az else ""
    restorable = f", can be restored to {age(database.restorable_until)} ago" if database.restorable_until else ""
    return f"{database.identifier}: {coloured(database.status)}, {database.instance_class}{standby}{restorable}"


def _conclusion(status: StackStatus) -> Iterator[ConsoleRenderable]:
    yield Text()
    if not status.attention:
        in_progress = any(one.service.in_progress for one in (status.service, *status.processes.values()))
        yield Text("A rollout is in progress." if in_progress else "Nothing needs attention.", style="green")
    for line in status.attention:
        yield Text(f"! {line}", style="red")
