"""How times, tables and JSON look."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

PIPE_COLUMNS = 200
"""A pipe has no width: rows stay whole for grep."""
COLOURS = {
    "ACTIVE": "dim",
    "ALARM": "red",
    "COMPLETED": "green",
    "Exited": "red",
    "FAILED": "red",
    "HEALTHY": "green",
    "IN_PROGRESS": "yellow",
    "InService": "green",
    "Restarting": "red",
    "UNHEALTHY": "red",
    "Up": "green",
    "available": "green",
    "draining": "dim",
    "healthy": "green",
    "initial": "yellow",
    "unhealthy": "red",
}
"""Words of AWS and Docker."""


def console(*, stderr: bool = False) -> Console:
    """Where people read: colours and the real width on a terminal, whole rows in a pipe."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, highlight=False, width=None if stream.isatty() else PIPE_COLUMNS)


def as_json(value: Any) -> None:
    """For scripts: indented, times in ISO 8601, nothing else on standard output."""
    print(json.dumps(value, indent=2, default=_plain))  # noqa: T201 - what scripts read


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Rows under their columns; `[style]` marks work in cells."""
    made = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        made.add_column(column, header_style="dim", overflow="fold")
    for row in rows:
        made.add_row(*row)
    return made


def coloured(word: str) -> str:
    """A word, or a sentence that begins with one, in its colour."""
    colour = COLOURS.get(word.partition(" ")[0])
    return f"[{colour}]{escape(word)}[/]" if colour else escape(word)


def age(since: datetime | str | None) -> str:
    """How long ago, in one unit and the next: `3 h 12 min`."""
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


def short(arn: str) -> str:
    """The last part of an ARN."""
    return arn.rpartition("/")[2]


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
