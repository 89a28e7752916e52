"""Runs the steps: the plan first, in one table, then everything that can be done at the same time."""

import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from local.setup.step import Need, SetupError, Step

_REMIND_SECONDS = 30.0
_print_lock = threading.Lock()


def prepare(steps: Sequence[Step]) -> None:
    """Make what is missing. Raises SetupError naming every step that failed; what succeeded stays."""
    needs = {step.name: (step, need) for step in steps if (need := step.missing()) is not None}
    if not needs:
        return
    _tell_plan([need for _, need in needs.values()])
    started = time.monotonic()
    failed = _run({name: step for name, (step, _) in needs.items()})
    if failed:
        raise SetupError("\n".join(f"Set-up of {name}: {error}" for name, error in failed.items()))
    say(f"Set-up done in {time.monotonic() - started:.0f} s.")


def say(line: str) -> None:
    """One whole line on standard error, which leaves standard output to results."""
    with _print_lock:
        print(line, file=sys.stderr, flush=True)  # noqa: T201


def _tell_plan(needs: Sequence[Need]) -> None:
    say("Missing on this machine, to be installed or built now:")
    width = max(len(need.what) for need in needs)
    for need in needs:
        say(f"  {need.what:<{width}}  {_duration(need.seconds):>9}  {need.how}")
    # The longest is what counts: the others run beside it.
    say(f"Together about {_duration(max(need.seconds for need in needs) + 30)}. Nothing of this is done twice.")


def _run(steps: dict[str, Step]) -> dict[str, str]:
    done: set[str] = set()
    failed: dict[str, str] = {}
    with ThreadPoolExecutor(max_workers=len(steps)) as pool:
        running: dict[Future[None], str] = {}
        waiting = dict(steps)
        while waiting or running:
            for name in [name for name, step in waiting.items() if done.issuperset(set(step.after) & set(steps))]:
                running[pool.submit(_make, waiting.pop(name))] = name
            if not running:
                break  # what still waits needs something that failed
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

    def tell(what: str) -> None:
        doing[0] = what
        say(f"  {step.name}: {what}")

    def remind() -> None:
        while not over.wait(_REMIND_SECONDS):
            say(f"  {step.name}: {doing[0]}, {time.monotonic() - started:.0f} s so far")

    threading.Thread(target=remind, daemon=True).start()
    try:
        step.make(tell)
    finally:
        over.set()
    say(f"  {step.name}: ready after {time.monotonic() - started:.0f} s")


def _duration(seconds: int) -> str:
    return f"{seconds} s" if seconds < 100 else f"{round(seconds / 60)} min"
