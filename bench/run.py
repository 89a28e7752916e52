"""`make bench`: measure side by side with the peers, and print which targets are met."""

import argparse
import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import httpx
from docker.errors import DockerException
from rich.console import Console

from bench import builds, everyday, images, machine, page, rollout, serving, start_stop
from bench.catalog import PARTS
from bench.results import Results
from bench.samples import Measures
from local.runtime import ROOT, OperatorError, Runtime, UsageError
from local.setup import base_images
from local.setup.steps import Reporter
from local.setup.steps import report as print_line
from ops.output import console as console_for_results

RESULTS = ROOT / "bench" / "results.json"
FAILURES = (OperatorError, DockerException, httpx.HTTPError)
"""Errors that end one part: Docker refuses something, or a server does not answer in time."""
PEERS = "peers"
"""All parts that compare with peers."""


def bench(options: argparse.Namespace, runtime: Runtime) -> int:
    """Print tables and write bench/results.json; with --docs also the page. Raises OperatorError.

    Exit code 1 means that a part could not be measured; a missed target is no failure."""
    parts = chosen(options.parts)
    console = Console(stderr=True)
    results = Results.read(RESULTS)
    bases = base_images.choose(runtime, print_line)
    results.machine = machine.describe(bases)
    _describe_machine(results, console)
    with tempfile.TemporaryDirectory(prefix="preqly-bench-") as folder:
        failed = _Run(Path(folder), bases, results, console).measure(parts)
    if options.docs:
        page.write(results, ROOT / "docs")
    page.print_tables(results, parts, console_for_results())
    return 1 if failed else 0


def chosen(words: Sequence[str]) -> tuple[str, ...]:
    """Parts in the order in which they run. Raises UsageError for an unknown one."""
    asked = {word for words_together in words for word in words_together.replace(",", " ").split()}
    if PEERS in asked:
        asked = asked - {PEERS} | set(PARTS) - {"everyday"}
    unknown = sorted(asked - set(PARTS))
    if unknown:
        raise UsageError(f"bench {' '.join(unknown)}: no such part. Choose from {', '.join(PARTS)}, and {PEERS}.")
    return tuple(part for part in PARTS if part in asked or not asked)


def _describe_machine(results: Results, console: Console) -> None:
    console.print(", ".join(f"{name} {value}" for name, value in results.machine.items()), highlight=False)
    found = machine.load()
    if found > machine.QUIET_LOAD:
        console.print(
            f"[yellow]The load average is {found:g}: other programs use this machine. Noisy rounds are marked; measure "
            "on an idle one for numbers to keep.[/yellow]"
        )


class _Run:
    """Measures parts; each result is saved when its part ends."""

    def __init__(self, folder: Path, bases: dict[str, str], results: Results, console: Console):
        self._folder, self._bases = folder, bases
        self._results, self._console = results, console

    def measure(self, parts: Sequence[str]) -> list[str]:
        """Measure and return the names of the parts that failed."""
        measure: Mapping[str, Callable[[Reporter], Measures]] = {
            "images": lambda report: images.measure(self._built, self._bases, self._folder, report),
            "serving": lambda report: serving.measure(self._built, self._bases, self._folder, report),
            "start": lambda report: start_stop.measure_start(self._built, self._bases, self._folder, report),
            "stop": lambda report: start_stop.measure_stop(self._built, self._bases, self._folder, report),
            "rollout": lambda report: rollout.measure(self._built, self._bases, self._folder, report),
            "everyday": lambda report: everyday.measure_commands(self._folder, report),
        }
        if set(parts) - {"everyday"}:
            _ = self._built
        return [part for part in parts if not self._measured(part, measure[part])]

    @cached_property
    def _built(self) -> builds.Built:
        with self._progress("building") as report:
            return builds.build(self._folder, self._bases, report)

    def _measured(self, part: str, measure: Callable[[Reporter], Measures]) -> bool:
        taken, load, began = datetime.now(UTC).isoformat(timespec="seconds"), machine.load(), time.monotonic()
        try:
            with self._progress(part) as report:
                measures = measure(report)
        except FAILURES as error:
            self._console.print(f"{part}: {error}", style="red", highlight=False, markup=False)
            return False
        seconds = round(time.monotonic() - began, 1)
        self._results.note(part, {"taken": taken, "seconds": seconds, "load": load}, measures)
        self._results.write(RESULTS)
        return True

    @contextmanager
    def _progress(self, part: str) -> Iterator[Reporter]:
        """One line that changes on a terminal, a line per step elsewhere."""
        began = time.monotonic()
        with contextlib.ExitStack() as held:
            if self._console.is_terminal:
                status = held.enter_context(self._console.status(part))
                yield lambda line: status.update(f"{part}: {line}")
            else:
                yield lambda line: self._console.print(f"{part}: {line}", highlight=False)
        self._console.print(f"{part}: {time.monotonic() - began:.0f} s", highlight=False)
