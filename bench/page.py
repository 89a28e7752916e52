"""docs/performance.md and its pictures, written from the results and nothing else: no number is typed by hand."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from bench import peers
from bench.catalog import MEASURES, PARTS, in_order, title
from bench.chart import Bar, Panel, draw
from bench.results import Results
from bench.samples import OURS, Spread
from bench.targets import Result, Verdict

NOTES = Path(__file__).with_name("notes.toml")
BUSY_LOAD = 4
"""Load average before a part that the parts before it do not explain."""
CHARTS = {
    "images": ("images.unpacked_bytes", "images.gzip_bytes", "images.rebuild_seconds"),
    "serving": ("serving.page_cpu_ms", "serving.database_cpu_ms", "serving.static_cpu_ms"),
    "start": ("start.seconds",),
    "stop": ("stop.seconds",),
    "rollout": ("rollout.configured_seconds", "rollout.seconds"),
}
"""Part to the measures its picture shows."""


def write(results: Results, docs: Path) -> None:
    """The page, its pictures, and the results beside them."""
    pictures = docs / "pictures"
    pictures.mkdir(exist_ok=True)
    for part, measures in CHARTS.items():
        panels = [panel for measure in measures if (panel := _panel(results, measure))]
        if panels:
            (pictures / f"performance-{part}.svg").write_text(draw(f"Performance: {part}", panels))
    (docs / "performance.md").write_text(markdown(results))
    results.write(docs / "performance.json")


def markdown(results: Results) -> str:
    """The page's text."""
    notes = tomllib.loads(NOTES.read_text())
    lines = [*_head(results), *_verdicts(results.verdicts(), notes["missed"])]
    for part in PARTS:
        if part in results.parts:
            lines += _part(results, part, notes["parts"][part])
    return "\n".join([*lines, *_peers()]) + "\n"


def _head(results: Results) -> Iterator[str]:
    machine = ", ".join(f"{name} {value}" for name, value in results.machine.items())
    yield from ("# Performance", "")
    yield "Written by `make bench DOCS=1` from [performance.json](performance.json), which has every sample."
    yield "Ratios are ours divided by theirs, of medians; ranges in brackets are lowest and highest. A ratio counts"
    yield "only when the ranges do not overlap. Only ratios of one run mean something: the machine is whatever it was."
    yield from ("", f"Machine: {machine}.", "", "| part | measured | took | load before |", "|---|---|---|---|")
    for name in PARTS:
        if name in results.parts:
            part = results.parts[name]
            yield f"| {name} | {part['taken']} | {part['seconds']:.0f} s | {part['load']:g} |"
    yield ""
    busy = [name for name in PARTS if name in results.parts and results.parts[name]["load"] > BUSY_LOAD]
    if busy:
        yield f"**Others used the machine during {', '.join(busy)}**: seconds and rates say little there, bytes and"
        yield "configured waits are true all the same, CPU a request is too high on every side."
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
    said = f"{verdict.result.value}: {verdict.why}" if verdict.why else verdict.result.value
    return target.id, name, ours, title(target.peer) if target.peer else "", theirs, ratio, bound, said


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
