"""`status` for people."""

from collections.abc import Iterator

from rich.console import Console, ConsoleRenderable, Group
from rich.markup import escape
from rich.text import Text

from infra.release.record import Release
from ops.show import age, short, table
from ops.status import Status

COLOURS = {
    "ACTIVE": "dim",
    "ALARM": "red",
    "COMPLETED": "green",
    "FAILED": "red",
    "HEALTHY": "green",
    "IN_PROGRESS": "yellow",
    "UNHEALTHY": "red",
    "available": "green",
    "draining": "dim",
    "healthy": "green",
    "initial": "yellow",
    "unhealthy": "red",
}


def print_status(status: Status, console: Console) -> None:
    """The release first, then what runs, then what needs a person."""
    console.print(Group(*_parts(status)))


def named(release: Release) -> str:
    """A release in a sentence."""
    return f"release {release.number} ({release.tag}, revision {release.revision})"


def when(release: Release) -> str:
    """How and when it began to serve."""
    return f"{'rolled back to' if release.kind == 'rollback' else 'released'} {age(release.at)} ago"


def _parts(status: Status) -> Iterator[ConsoleRenderable]:
    release = status.release
    yield Text.from_markup(
        f"[bold]{escape(status.stack)}[/] in {status.region}: {escape(named(release))}, {when(release)}"
    )
    if release.withheld:
        yield Text.from_markup(
            f"[yellow]Release {release.withheld.number} is withheld[/]: `pulumi up` of the same sources keeps this "
            "one. `python -m ops forward` brings it back."
        )
    yield Text()
    yield _deployments(status)
    yield Text()
    yield _tasks(status)
    yield Text()
    yield Text.from_markup(f"[bold]Database[/]  {_database(status)}")
    yield from _attention(status)


def _deployments(status: Status) -> ConsoleRenderable:
    service = status.service
    rows = (
        (
            _coloured(one.status),
            _release(status, one.task_definition),
            escape(short(one.task_definition)),
            _coloured(one.state),
            f"{one.running} of {one.desired}",
            str(one.failed),
            age(one.created),
        )
        for one in service.deployments
    )
    columns = ("status", "runs", "task definition", "rollout", "tasks", "failed", "age")
    title = f"Service {service.name}: {service.running} of {service.desired} tasks run, {service.pending} start"
    return table(title, columns, rows)


def _tasks(status: Status) -> ConsoleRenderable:
    rows = (
        (
            one.identifier[:8],
            _release(status, one.task_definition),
            one.status,
            _coloured(one.health),
            _coloured(status.targets.get(one.address, "-")),
            one.zone or "-",
            age(one.started),
            f"[yellow]{escape(status.stale[one.identifier])}[/]" if one.identifier in status.stale else "",
        )
        for one in sorted(status.service.tasks, key=lambda one: (one.task_definition, one.identifier))
    )
    return table("Tasks", ("task", "runs", "status", "health", "target", "zone", "age", "stale"), rows)


def _release(status: Status, arn: str) -> str:
    """What is not on record has no name yet."""
    return "-" if status.releases[arn] == short(arn) else status.releases[arn]


def _database(status: Status) -> str:
    database = status.database
    if database is None:
        return "[red]gone[/]"
    standby = ", standby in a second zone" if database.multi_az else ""
    restorable = f", can be restored to {age(database.restorable_until)} ago" if database.restorable_until else ""
    return f"{database.identifier}: {_coloured(database.status)}, {database.instance_class}{standby}{restorable}"


def _attention(status: Status) -> Iterator[ConsoleRenderable]:
    yield Text()
    if not status.attention:
        yield Text("Nothing needs you." if not status.service.in_progress else "A rollout is going on.", style="green")
    for line in status.attention:
        yield Text(f"! {line}", style="red")


def _coloured(word: str) -> str:
    colour = COLOURS.get(word.partition(" ")[0])
    return f"[{colour}]{escape(word)}[/]" if colour else escape(word)
