"""`make bench`: measure, side by side with the peers, and say what was met and what was missed."""

import argparse
import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from docker.errors import DockerException
from rich.console import Console

from bench import builds, everyday, images, machine, page, serving, start_stop, table
from bench.catalog import PARTS
from bench.results import Results
from bench.rollout import Rollouts
from bench.samples import Measures
from local.runtime import ROOT, OperatorError, Runtime, UsageError
from local.setup import base_images as base_setup
from local.setup.runner import say as announce

RESULTS = ROOT / "bench" / "results.json"
FAILURES = (OperatorError, DockerException, httpx.HTTPError)
"""What ends a part, and not the others: Docker does not do what is asked, something does not answer in time."""
PEERS = "peers"
"""All parts that compare with peers; without a word, these and the everyday commands."""


def bench(options: argparse.Namespace, runtime: Runtime) -> int:
    """Print tables and write bench/results.json; with --docs also the page. A target that is missed is no failure:
    1 means that a part could not be measured. The other parts are kept then. Raises OperatorError."""
    parts = chosen(options.parts)
    console = Console(stderr=True)
    results = Results.read(RESULTS)
    bases = base_setup.choose(runtime, announce)
    results.machine = machine.describe(bases)
    _preflight(results, console)
    with tempfile.TemporaryDirectory(prefix="preqly-bench-") as folder:
        failed = _Run(parts, Path(folder), bases, results, console).all()
    if options.docs:
        page.write(results, ROOT / "docs")
    table.show(results, parts, Console())
    return 1 if failed else 0


def chosen(words: Sequence[str]) -> tuple[str, ...]:
    """Parts in the order in which they run. Raises UsageError for a word that is none."""
    asked = {word for words_together in words for word in words_together.replace(",", " ").split()}
    if PEERS in asked:
        asked = asked - {PEERS} | set(PARTS) - {"everyday"}
    unknown = sorted(asked - set(PARTS))
    if unknown:
        raise UsageError(f"bench {' '.join(unknown)}: no such part. There are {', '.join(PARTS)}, and {PEERS}.")
    return tuple(part for part in PARTS if part in asked or not asked)


def _preflight(results: Results, console: Console) -> None:
    console.print(", ".join(f"{name} {value}" for name, value in results.machine.items()), highlight=False)
    found = machine.load()
    if found > machine.QUIET_LOAD:
        console.print(
            f"[yellow]The load average is {found:g}: others use this machine. Noisy rounds are marked; for numbers to "
            "keep, run this again on a quiet one.[/yellow]"
        )


class _Run:
    """The chosen parts, each kept in the results as soon as it is through."""

    def __init__(self, parts: Sequence[str], folder: Path, bases: dict[str, str], results: Results, console: Console):
        self._parts, self._folder, self._bases = parts, folder, bases
        self._results, self._console = results, console
        self._failed: list[str] = []

    def all(self) -> list[str]:
        """Names of the parts that could not be measured."""
        if set(self._parts) - {"everyday"}:
            with self._progress("building") as say:
                self._built = builds.build(self._folder, self._bases, say)
        self._part("serving", lambda say: serving.measure(self._built, self._bases, self._folder, say))
        with self._rollouts() as finish:
            self._part("images", lambda say: images.measure(self._built, self._folder, say))
            self._part("start", lambda say: start_stop.measure_start(self._built, self._bases, self._folder, say))
            self._part("stop", lambda say: start_stop.measure_stop(self._built, self._bases, self._folder, say))
            if finish is not None:
                self._part("rollout", finish, **self._rollouts_began)
        self._part("everyday", lambda say: everyday.measure_commands(self._folder, say))
        return self._failed

    @contextmanager
    def _rollouts(self) -> Iterator[Callable[[builds.Say], Measures] | None]:
        """A peer's rollout is minutes of waiting that uses no CPU: inside, the other parts run meanwhile."""
        if "rollout" not in self._parts:
            yield None
            return
        self._rollouts_began: dict[str, Any] = {"taken": _now(), "load": machine.load(), "began": time.monotonic()}
        rollouts = Rollouts(self._built, self._bases, self._folder)
        with contextlib.closing(rollouts):
            finish = None
            try:
                with self._progress("rollout") as say:
                    rollouts.begin(say)
                finish = rollouts.finish
            except FAILURES as error:
                self._fail("rollout", error)
            # What is configured is known by now, whatever becomes of the rest.
            self._note("rollout", rollouts.measures, **self._rollouts_began)
            yield finish

    def _part(self, part: str, measure: Callable[[builds.Say], Measures], **about: Any) -> None:
        if part not in self._parts:
            return
        taken, load = about.get("taken", _now()), about.get("load", machine.load())
        began = about.get("began", time.monotonic())
        try:
            with self._progress(part) as say:
                measures = measure(say)
        except FAILURES as error:
            self._fail(part, error)
            return
        self._note(part, measures, taken, load, began)

    def _note(self, part: str, measures: Measures, taken: str, load: float, began: float) -> None:
        seconds = round(time.monotonic() - began, 1)
        self._results.note(part, {"taken": taken, "seconds": seconds, "load": load}, measures)
        self._results.write(RESULTS)

    def _fail(self, part: str, error: Exception) -> None:
        self._failed.append(part)
        self._console.print(f"{part}: {error}", style="red", highlight=False, markup=False)

    @contextmanager
    def _progress(self, part: str) -> Iterator[builds.Say]:
        """One line that changes on a terminal, a line each elsewhere."""
        began = time.monotonic()
        with contextlib.ExitStack() as held:
            if self._console.is_terminal:
                status = held.enter_context(self._console.status(part))
                yield lambda line: status.update(f"{part}: {line}")
            else:
                yield lambda line: self._console.print(f"{part}: {line}", highlight=False)
        self._console.print(f"{part}: {time.monotonic() - began:.0f} s", highlight=False)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
