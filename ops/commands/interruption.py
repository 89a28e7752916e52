"""Ctrl-C and the signals that end a process: a command that cleans up after itself gets the time for it."""

from collections.abc import Iterator
from contextlib import contextmanager

from ops.errors import Interrupted
from ops.tasks.signals import ending_signals


@contextmanager
def interruptible(message: str) -> Iterator[None]:
    """Raise Interrupted with the message once everything inside has cleaned up."""
    try:
        with ending_signals():
            yield
    except KeyboardInterrupt:
        raise Interrupted(message) from None
