"""The list of releases, as a table and as JSON."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape

from infra.release.record import ReleaseRecord
from ops.output import age, table
from ops.rollback.release_selection import rolled_back_tags
from ops.stack import Stack

CURRENT, ROLLED_BACK = "current", "rolled back"


def states(history: Sequence[ReleaseRecord]) -> dict[int, str]:
    """State by number: CURRENT for the last release, ROLLED_BACK for those that a rollback undid."""
    rejected, latest = rolled_back_tags(history), history[-1]
    rolled_back = {one.number for one in history if one.tag in rejected}
    if latest.rolled_back:
        rolled_back.add(latest.rolled_back.number)
    return {**dict.fromkeys(rolled_back, ROLLED_BACK), latest.number: CURRENT}


def to_values(stack: Stack) -> list[dict[str, Any]]:
    """Every release on record with its `state`, newest first, for JSON."""
    history = stack.record.records()
    known = states(history) if history else {}
    return [{**one.to_values(), "state": known.get(one.number)} for one in reversed(history)]


def print_releases(stack: Stack, console: Console) -> None:
    """Print the releases, newest first. Raises OpsError when there is none."""
    history = stack.history()
    columns = ("no.", "", "kind", "age", "tag", "revision", "migrated")
    console.print(table(f"Releases of {stack.name} in {stack.region}", columns, _rows(history)))
    for one in reversed(history):
        if one.snapshot:
            console.print(f"Before release {one.number}: snapshot {one.snapshot}", markup=False, soft_wrap=True)
    if rolled_back := history[-1].rolled_back:
        console.print(f"`python -m ops forward` deploys release {rolled_back.number} again.", markup=False)


def _rows(history: Sequence[ReleaseRecord]) -> Iterator[tuple[str, ...]]:
    known = states(history)
    colours = {CURRENT: "green", ROLLED_BACK: "dim"}
    for one in reversed(history):
        state = known.get(one.number)
        yield (
            str(one.number),
            f"[{colours[state]}]{state}[/]" if state else "",
            one.kind,
            age(one.at),
            escape(one.tag),
            escape(one.revision),
            str(len(one.migrated) or "-"),
        )
