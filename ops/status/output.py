"""The text that `status` prints."""

from collections.abc import Iterator

from rich.console import Console, ConsoleRenderable, Group
from rich.markup import escape
from rich.text import Text

from ops.output import age, coloured, release_age, release_name
from ops.status.stack_status import StackStatus


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
    for one in status.service.tables():
        yield one
        yield Text()
    yield Text.from_markup(f"[bold]Database[/]  {_database(status)}")
    yield from _attention(status)


def _database(status: StackStatus) -> str:
    database = status.database
    if database is None:
        return "[red]does not exist[/]"
    standby = ", standby in a second zone" if database.multi_az else ""
    restorable = f", can be restored to {age(database.restorable_until)} ago" if database.restorable_until else ""
    return f"{database.identifier}: {coloured(database.status)}, {database.instance_class}{standby}{restorable}"


def _attention(status: StackStatus) -> Iterator[ConsoleRenderable]:
    yield Text()
    if not status.attention:
        in_progress = status.service.service.in_progress
        yield Text("A rollout is in progress." if in_progress else "Nothing needs attention.", style="green")
    for line in status.attention:
        yield Text(f"! {line}", style="red")
