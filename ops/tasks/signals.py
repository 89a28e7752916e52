"""Signals of a command that has started something which must not stay."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

KEYBOARD = ("SIGINT", "SIGQUIT", "SIGTSTP")
"""For the program in the foreground; it gets them too."""
ENDING = ("SIGTERM", "SIGHUP")


@contextmanager
def ending_signals() -> Iterator[None]:
    """A kill or a closed terminal raises KeyboardInterrupt, so that what was started is stopped."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with _handled(ENDING, interrupt):
        yield


@contextmanager
def left_to_the_child() -> Iterator[None]:
    """The keys that send a signal do nothing here."""
    # A handler, because a child would inherit SIG_IGN.
    with _handled(KEYBOARD, lambda _number, _frame: None):
        yield


@contextmanager
def _handled(names: Sequence[str], handler: Any) -> Iterator[None]:
    # Windows has some of them.
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = [(number, signal.signal(number, handler)) for number in numbers]
    try:
        yield
    finally:
        for number, earlier in before:
            signal.signal(number, earlier)
