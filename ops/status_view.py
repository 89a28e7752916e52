"""`status` for people."""

from collections.abc import Iterator

from rich.console import Console, ConsoleRenderable, Group
from rich.markup import escape
from rich.text import Text

from infra.release.record import Release
from ops.show import age, coloured
from ops.status import Status


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
    for one in status.host.tables():
        yield one
        yield Text()
    yield Text.from_markup(f"[bold]Database[/]  {_database(status)}")
    yield from _attention(status)


def _database(status: Status) -> str:
    database = status.database
    if database is None:
        return "[red]gone[/]"
    standby = ", standby in a second zone" if database.multi_az else ""
    restorable = f", can be restored to {age(database.restorable_until)} ago" if database.restorable_until else ""
    return f"{database.identifier}: {coloured(database.status)}, {database.instance_class}{standby}{restorable}"


def _attention(status: Status) -> Iterator[ConsoleRenderable]:
    yield Text()
    if not status.attention:
        yield Text("Nothing needs you." if not status.host.in_progress else "A rollout is going on.", style="green")
    for line in status.attention:
        yield Text(f"! {line}", style="red")
