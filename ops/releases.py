"""The table of releases."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape

from infra.release.record import Release
from ops.choice import undone
from ops.show import age, table
from ops.stack import Stack

CURRENT, WITHHELD, ROLLED_BACK = "current", "withheld", "rolled back"


def states(history: Sequence[Release]) -> dict[int, str]:
    """What is to be said of a release, by its number: the last is current; others were rolled back, or are withheld."""
    rejected, latest = undone(history), history[-1]
    withheld = latest.withheld.number if latest.withheld else None
    found = {one.number: ROLLED_BACK for one in history if one.tag in rejected}
    return {**found, **({withheld: WITHHELD} if withheld is not None else {}), latest.number: CURRENT}


def for_scripts(stack: Stack) -> list[dict[str, Any]]:
    """Every release on record, newest first, with its `state`."""
    history = stack.record.history()
    known = states(history) if history else {}
    return [{**json.loads(one.to_json()), "state": known.get(one.number)} for one in reversed(history)]


def print_releases(stack: Stack, console: Console) -> None:
    """Newest first. Raises OpsError when there is none."""
    history = stack.history()
    columns = ("no.", "", "kind", "age", "tag", "revision", "migrated")
    console.print(table(f"Releases of {stack.name} in {stack.region}", columns, _rows(history)))
    for one in reversed(history):
        if one.snapshot:
            console.print(f"Before release {one.number}: snapshot {one.snapshot}", markup=False, soft_wrap=True)


def _rows(history: Sequence[Release]) -> Iterator[tuple[str, ...]]:
    known = states(history)
    colours = {CURRENT: "green", WITHHELD: "yellow", ROLLED_BACK: "dim"}
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
