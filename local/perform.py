"""One operation of the engine with its progress shown, and its failure in the operator's words."""

import warnings
from collections.abc import Callable

from pulumi.automation.errors import CommandError
from pulumi.automation.events import EngineEvent
from rich.console import Console

from local.progress import OnEvent, Progress
from local.runtime import OperatorError, UsageError
from local.stack import Drive


def perform(drive: Drive, console: Console, title: str, operation: Callable[[OnEvent], object]) -> Progress:
    """Run it to the end. Raises UsageError for refused settings, OperatorError for what the engine could not do,
    KeyboardInterrupt when the operator stopped it."""
    failures: list[Exception] = []
    with Progress(console, title) as progress, warnings.catch_warnings():
        # Of an engine that was killed; what is said of that is said below.
        warnings.filterwarnings("ignore", "Error in event stream", UserWarning)
        try:
            operation(_never_raising(progress.on_event, failures))
        except CommandError as error:
            raise _explain(drive, progress, error) from None
    for failure in failures:
        # A terminal that went away in the middle is no failure of the deployment.
        if not isinstance(failure, OSError):
            raise failure
    return progress


def _never_raising(listen: OnEvent, failures: list[Exception]) -> OnEvent:
    """The engine waits for ever on a listener that has raised: keep what it raised for later instead."""

    def listener(event: EngineEvent) -> None:
        try:
            listen(event)
        except Exception as error:  # noqa: BLE001 - whatever it is, the engine must not stand still
            failures.append(error)

    return listener


def _explain(drive: Drive, progress: Progress, error: CommandError) -> BaseException:
    if drive.engine.interrupted:
        return KeyboardInterrupt()
    if drive.problems:
        return UsageError(str(drive.problems[0]))
    if drive.engine.killed:
        return OperatorError(
            "The Pulumi engine was killed in the middle: by hand, or because the machine ran out of memory. "
            "Run the same command again: it goes on from there."
        )
    return OperatorError("\n\n".join(progress.errors) or str(error))
