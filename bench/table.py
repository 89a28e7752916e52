"""The results in the terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from bench import everyday, page
from bench.catalog import MEASURES, title
from bench.results import Results
from bench.targets import Result

_STYLES = {Result.MET: "green", Result.MISSED: "red"}


def show(results: Results, parts: Sequence[str], console: Console) -> None:
    """The targets of the parts that ran, and the everyday commands."""
    targets = Table("id", "measure", "ours", "peer", "theirs", "ratio", "target", "verdict")
    for verdict in results.verdicts():
        if verdict.target.measure.partition(".")[0] in parts:
            targets.add_row(*page.cells(verdict), style=_STYLES.get(verdict.result, "yellow"))
    if targets.rows:
        console.print(targets)
    if "everyday" in parts:
        console.print(_commands(results))


def _commands(results: Results) -> Table:
    _, seconds = MEASURES["everyday.seconds"]
    commands = Table("command", "seconds", "goal", "peak MiB")
    for name in results.measures.samples.get("everyday.seconds", {}):
        taken = results.measures.spread("everyday.seconds", name)
        peak = results.measures.spread("everyday.peak_mib", name)
        if taken and peak:
            goal = f"{everyday.GOALS[name]}" if name in everyday.GOALS else ""
            commands.add_row(title(name), seconds.number(taken.median), goal, f"{peak.median:.0f}")
    return commands
