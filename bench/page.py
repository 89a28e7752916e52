"""The results as docs/performance.md with its pictures, and as tables in the terminal."""

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from bench import everyday, peers
from bench.catalog import MEASURES, PARTS, in_order, title
from bench.chart import Bar, Panel, draw
from bench.results import Results
from bench.samples import OURS, Spread
from bench.targets import Result, Verdict
from ops.output import table

NOTES = Path(__file__).with_name("notes.toml")
BUSY_LOAD = 4
"""Load average before a part above which other programs must have run."""
_STYLES = {Result.MET: "green", Result.MISSED: "red"}
CHARTS = {
    "images": ("images.unpacked_bytes", "images.gzip_bytes", "images.rebuild_seconds"),
    "serving": ("serving.page_cpu_ms", "serving.database_cpu_ms", "serving.static_cpu_ms"),
    "start": ("start.seconds",),
    "stop": ("stop.seconds",),
    "rollout": ("rollout.configured_seconds", "rollout.seconds"),
}
"""Measures in the picture of each part."""


def write(results: Results, docs: Path) -> None:
    """Write the page and its pictures."""
    pictures = docs / "pictures"
    pictures.mkdir(exist_ok=True)
    for part, measures in CHARTS.items():
        panels = [panel for measure in measures if (panel := _panel(results, measure))]
        if panels:
            (pictures / f"performance-{part}.svg").write_text(draw(f"Performance: {part}", panels))
    (docs / "performance.md").write_text(markdown(results))


def markdown(results: Results) -> str:
    """The text of the page."""
    notes = tomllib.loads(NOTES.read_text())
    lines = [*_head(results), *_verdicts(results.verdicts(), notes["missed"])]
    for part in PARTS:
        if part in results.parts:
            lines += _part(results, part, notes["parts"][part])
    return "\n".join([*lines, *_peers()]) + "\n"


def _head(results: Results) -> Iterator[str]:
    machine = ", ".join(f"{name} {value}" for name, value in results.machine.items())
    yield from ("# Performance", "")
    yield "Written by `make bench DOCS=1`; bench/results.json then has every sample."
    yield "A ratio is our median divided by theirs; brackets hold the lowest and highest sample. A ratio counts only"
    yield "when the ranges do not overlap. Compare ratios within one run only: another machine gives other numbers."
    yield from ("", f"Machine: {machine}.", "", "| part | measured | took | load before |", "|---|---|---|---|")
    for name in PARTS:
        if name in results.parts:
            part = results.parts[name]
            yield f"| {name} | {part['taken']} | {part['seconds']:.0f} s | {part['load']:g} |"
    yield ""
    busy = [name for name in PARTS if name in results.parts and results.parts[name]["load"] > BUSY_LOAD]
    if busy:
        yield f"**Other programs used the machine during {', '.join(busy)}**: ignore seconds and rates there, and"
        yield "expect too much CPU time per request on every side. Bytes and configured waits are right."
        yield ""


def _verdicts(verdicts: list[Verdict], missed: dict[str, str]) -> Iterator[str]:
    yield from (
        "## Targets",
        "",
        "| id | measure | ours | peer | theirs | ratio | target | verdict |",
        "|" + "---|" * 8,
    )
    for verdict in verdicts:
        yield f"| {' | '.join(cells(verdict))} |"
    yield ""
    open_ones = [verdict for verdict in verdicts if verdict.result in (Result.MISSED, Result.NOT_COMPARABLE)]
    for target_id, result in dict.fromkeys((verdict.target.id, verdict.result) for verdict in open_ones):
        reason = missed.get(target_id, "No reason is written down yet (bench/notes.toml).").strip()
        yield f"**{target_id} {result.value}.** {reason}"
        yield ""


def cells(verdict: Verdict) -> tuple[str, ...]:
    """One row of the table of targets."""
    target = verdict.target
    name, unit = MEASURES[target.measure]
    ours = unit.spread(verdict.ours) if verdict.ours else ""
    theirs = unit.spread(verdict.theirs) if verdict.theirs else ""
    ratio = f"{verdict.ratio:.2g}x" if verdict.ratio is not None else ""
    bound = target.bound if target.peer else _plain_bound(verdict)
    text = f"{verdict.result.value}: {verdict.why}" if verdict.why else verdict.result.value
    return target.id, name, ours, title(target.peer) if target.peer else "", theirs, ratio, bound, text


def _plain_bound(verdict: Verdict) -> str:
    _, unit = MEASURES[verdict.target.measure]
    limit = verdict.target.at_most if verdict.target.at_most is not None else verdict.target.at_least
    return f"{verdict.target.bound.split()[0]} {unit.text(limit or 0)}"


def _part(results: Results, part: str, about: str) -> Iterator[str]:
    yield from (f"## {part.capitalize()}", "", about.strip(), "")
    if part in CHARTS:
        yield from (f"![{part}](pictures/performance-{part}.svg)", "")
    measures = {name: found for name, found in results.measures.samples.items() if name in MEASURES}
    measures = {name: found for name, found in measures.items() if name.startswith(f"{part}.")}
    subjects = in_order(list(dict.fromkeys(subject for found in measures.values() for subject in found)))
    yield f"| | {' | '.join(title(subject) for subject in subjects)} |"
    yield "|---|" + "---|" * len(subjects)
    for name in sorted(measures, key=list(MEASURES).index):
        label, unit = MEASURES[name]
        spreads = [results.measures.spread(name, subject) for subject in subjects]
        yield f"| {label} | {' | '.join(unit.spread(found) if found else '' for found in spreads)} |"
    yield ""


def _panel(results: Results, measure: str) -> Panel | None:
    label, unit = MEASURES[measure]
    bars = []
    for subject in in_order(list(results.measures.samples.get(measure, {}))):
        spread = Spread.of(results.measures.samples[measure][subject])
        bars.append(Bar(label=title(subject), spread=spread, ours=subject == OURS))
    return Panel(title=label, unit=unit, bars=bars) if bars else None


def _peers() -> Iterator[str]:
    yield from (
        "## Peers",
        "",
        "Their choices, with the file that makes each, as bench/peers has them; no code is copied.",
        "",
    )
    for peer in peers.load().values():
        yield f"- **{peer.title}**: {peer.source} at `{peer.commit[:12]}`"
        for part, choices in peer.choices.items():
            for file, choice in choices.items():
                yield f"  - {part}: {choice} (`{file}`)"


def print_tables(results: Results, parts: Sequence[str], console: Console) -> None:
    """Print the targets of these parts, and the everyday commands."""
    targets = [
        _coloured(cells(verdict), _STYLES.get(verdict.result, "yellow"))
        for verdict in results.verdicts()
        if verdict.target.measure.partition(".")[0] in parts
    ]
    if targets:
        columns = ("id", "measure", "ours", "peer", "theirs", "ratio", "target", "verdict")
        console.print(table("Targets", columns, targets))
    if "everyday" in parts:
        console.print()
        console.print(table("Commands", ("command", "seconds", "goal", "peak MiB"), _commands(results)))


def _commands(results: Results) -> Iterator[tuple[str, ...]]:
    for name in results.measures.samples.get("everyday.seconds", {}):
        taken = results.measures.spread("everyday.seconds", name)
        peak = results.measures.spread("everyday.peak_mib", name)
        if taken and peak:
            yield escape(name), f"{taken.median:.3g}", str(everyday.GOALS.get(name, "")), f"{peak.median:.0f}"


def _coloured(row: Sequence[str], style: str) -> list[str]:
    return [f"[{style}]{escape(cell)}[/]" if cell else "" for cell in row]
