"""Wait for events outside of a test."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
POLL_SECONDS = 0.2


def wait_until(check: Callable[[], T | None], seconds: float = 30, told: Callable[[], Any] = lambda: "") -> T:
    """Return the first true value of `check`. Fails after `seconds`, with the text of `told`."""
    deadline = time.monotonic() + seconds
    while not (value := check()):
        assert time.monotonic() < deadline, f"not within {seconds} s {told()}"
        time.sleep(POLL_SECONDS)
    return value
