"""Set-up's steps: each says what is missing; the plan is printed first, then independent steps run at the same time."""

import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Protocol

from local.runtime import OperatorError

Reporter = Callable[[str], None]
"""Prints what a step is doing, in a few words."""
_REMIND_SECONDS = 30.0
_print_lock = threading.Lock()


class SetupError(OperatorError):
    """Set-up cannot continue: the message says what is missing and how to get it."""


@dataclass(frozen=True, kw_only=True)
class Need:
    """What a step is about to install or build."""

    what: str
    """The missing thing, in a few words."""
    how: str
    """Where it comes from."""
    seconds: int
    """Estimate for two cores."""


class Step(Protocol):
    """One thing the machine must have. Re-runnable: an earlier `make` may have been killed at any point."""

    @property
    def name(self) -> str:
        """Short; names the log file."""

    @property
    def after(self) -> tuple[str, ...]:
        """Names of the steps that must be done before `make` is called."""

    def missing(self) -> Need | None:
        """None if there is nothing to do. Fast, changes nothing. Raises SetupError if it can never work here."""

    def make(self, report: Reporter) -> None:
        """Install or build it. Raises SetupError."""


def prepare(steps: Sequence[Step]) -> None:
    """Make what is missing. Raises SetupError that names every failed step; the results of the others stay."""
    needs = {step.name: (step, need) for step in steps if (need := step.missing()) is not None}
    if not needs:
        return
    _print_plan([need for _, need in needs.values()])
    started = time.monotonic()
    failed = _run({name: step for name, (step, _) in needs.items()})
    if failed:
        raise SetupError("\n".join(f"Set-up of {name}: {error}" for name, error in failed.items()))
    report(f"Set-up done in {time.monotonic() - started:.0f} s.")


def report(line: str) -> None:
    """Print one line to standard error; standard output is for results."""
    with _print_lock:
        print(line, file=sys.stderr, flush=True)  # noqa: T201


def _print_plan(needs: Sequence[Need]) -> None:
    report("Missing on this machine, to be installed or built now:")
    width = max(len(need.what) for need in needs)
    for need in needs:
        report(f"  {need.what:<{width}}  {_duration(need.seconds):>9}  {need.how}")
    # The other steps run beside the longest.
    report(f"Together about {_duration(max(need.seconds for need in needs) + 30)}. Nothing of this is done twice.")


def _run(steps: dict[str, Step]) -> dict[str, str]:
    """Error message by name of the failed step."""
    done: set[str] = set()
    failed: dict[str, str] = {}
    with ThreadPoolExecutor(max_workers=len(steps)) as pool:
        running: dict[Future[None], str] = {}
        waiting = dict(steps)
        while waiting or running:
            for name in [name for name, step in waiting.items() if done.issuperset(set(step.after) & set(steps))]:
                running[pool.submit(_make, waiting.pop(name))] = name
            if not running:
                break  # every waiting step needs one that failed
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                name = running.pop(future)
                error = future.exception()
                if error is None:
                    done.add(name)
                elif isinstance(error, SetupError):
                    failed[name] = str(error)
                else:
                    raise error
    return failed


def _make(step: Step) -> None:
    started = time.monotonic()
    doing = ["starting"]
    over = threading.Event()

    def report_step(what: str) -> None:
        doing[0] = what
        report(f"  {step.name}: {what}")

    def remind() -> None:
        while not over.wait(_REMIND_SECONDS):
            report(f"  {step.name}: {doing[0]}, {time.monotonic() - started:.0f} s so far")

    threading.Thread(target=remind, daemon=True).start()
    try:
        step.make(report_step)
    finally:
        over.set()
    report(f"  {step.name}: ready after {time.monotonic() - started:.0f} s")


def _duration(seconds: int) -> str:
    return f"{seconds} s" if seconds < 100 else f"{round(seconds / 60)} min"
