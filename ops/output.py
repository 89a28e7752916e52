"""Console output: releases, times, tables and JSON."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table

from infra.release.record import ReleaseRecord

Confirm = Callable[[str], None]
"""Shows a question. Raises when the answer is no."""
PIPE_COLUMNS = 10_000
"""Width in a pipe or a file: no line is ever broken, so that `grep` sees whole rows and commands can be copied."""
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
"""States of AWS."""


def console(*, stderr: bool = False) -> Console:
    """A console with colours and the real width on a terminal; plain and PIPE_COLUMNS wide elsewhere."""
    # Without `emoji=False`, an ARN's `:secret:` would become a picture.
    stream = sys.stderr if stderr else sys.stdout
    if stream.isatty():
        return Console(stderr=stderr, highlight=False, emoji=False)
    # A pipeline that sets FORCE_COLOR gets no escape codes either.
    return Console(
        stderr=stderr, highlight=False, emoji=False, width=PIPE_COLUMNS, force_terminal=False, color_system=None
    )


def print_json(value: Any) -> None:
    """Print indented JSON with times in ISO 8601."""
    print(json.dumps(value, indent=2, default=_plain))  # noqa: T201 - output for scripts


class FittingTable:
    """A table without borders; where it is too wide for the terminal, a list with the columns' names in each row."""

    def __init__(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        self._title, self._columns, self._rows = title, columns, [list(row) for row in rows]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """As wide as the terminal allows, without a broken word."""
        wide = self._table()
        needed = Measurement.get(console, options.update(width=PIPE_COLUMNS), wide).maximum
        yield wide if needed <= options.max_width else self._list()

    def _table(self) -> Table:
        new = self._empty(padding=(0, 2, 0, 0))
        for column in self._columns:
            new.add_column(column, header_style="dim", no_wrap=True)
        for row in self._rows:
            new.add_row(*row)
        return new

    def _list(self) -> Table:
        new = self._empty(padding=(0, 1, 0, 1), show_header=False)
        new.add_column(no_wrap=True)
        new.add_column()
        for first, *others in self._rows:
            pairs = (
                f"[dim]{label}[/] {cell}" if label else cell
                for label, cell in zip(self._columns[1:], others, strict=True)
                if cell
            )
            new.add_row(first, ", ".join(pairs))
        return new

    def _empty(self, *, padding: tuple[int, int, int, int], show_header: bool = True) -> Table:
        return Table(
            title=self._title,
            title_justify="left",
            title_style="bold",
            box=None,
            pad_edge=False,
            padding=padding,
            show_header=show_header,
        )


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> FittingTable:
    """A table for any width; the first column identifies the row. Cells may contain rich markup."""
    return FittingTable(title, columns, rows)


def coloured(text: str) -> str:
    """The text in the colour of its first word."""
    colour = COLOURS.get(text.partition(" ")[0])
    return f"[{colour}]{escape(text)}[/]" if colour else escape(text)


def age(since: datetime | str | None) -> str:
    """The time since then in two units: `3 h 12 min`."""
    if since is None:
        return "-"
    moment = datetime.fromisoformat(since) if isinstance(since, str) else since
    minutes, seconds = divmod(max(0, int((datetime.now(UTC) - moment).total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes >= 10 else f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def release_name(release: ReleaseRecord) -> str:
    """The release with number, tag and revision."""
    return f"release {release.number} ({release.tag}, revision {release.revision})"


def release_age(release: ReleaseRecord) -> str:
    """How and when the release began to serve."""
    return f"{'rolled back to' if release.kind == 'rollback' else 'released'} {age(release.at)} ago"


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
