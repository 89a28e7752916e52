"""Console output: releases, times, tables and JSON."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from infra.release.record import ReleaseRecord

Confirm = Callable[[str], None]
"""Shows a question. Raises when the answer is no."""
PIPE_COLUMNS = 200
"""Width in a pipe, so that `grep` sees whole rows."""
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
    """A console with colours and the real width on a terminal, and PIPE_COLUMNS in a pipe."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, highlight=False, width=None if stream.isatty() else PIPE_COLUMNS)


def print_json(value: Any) -> None:
    """Print indented JSON with times in ISO 8601."""
    print(json.dumps(value, indent=2, default=_plain))  # noqa: T201 - output for scripts


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """A table without borders. Cells may contain rich markup."""
    new = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        new.add_column(column, header_style="dim", overflow="fold")
    for row in rows:
        new.add_row(*row)
    return new


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
