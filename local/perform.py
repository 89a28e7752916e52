"""One operation of the engine with its progress shown, and its failure in the operator's words."""

from collections.abc import Callable

from pulumi.automation.errors import CommandError
from rich.console import Console

from local.progress import OnEvent, Progress
from local.runtime import OperatorError, UsageError
from local.stack import Drive


def perform(drive: Drive, console: Console, title: str, operation: Callable[[OnEvent], object]) -> Progress:
    """Run it to the end. Raises UsageError for refused settings, OperatorError for what the engine could not do,
    KeyboardInterrupt when the operator stopped it."""
    with Progress(console, title) as progress:
        try:
            operation(progress.on_event)
        except CommandError as error:
            raise _explain(drive, progress, error) from None
    return progress


def _explain(drive: Drive, progress: Progress, error: CommandError) -> BaseException:
    if drive.engine.interrupted:
        return KeyboardInterrupt()
    if drive.problems:
        return UsageError(str(drive.problems[0]))
    return OperatorError("\n\n".join(progress.errors) or str(error))
