"""Waiting for what happens outside of a test."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
PAUSE = 0.2
"""Seconds between two looks."""


def wait_until(check: Callable[[], T | None], seconds: float = 30, told: Callable[[], Any] = lambda: "") -> T:
    """The first true value of `check`; fails with what is `told` when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (value := check()):
        assert time.monotonic() < deadline, f"not within {seconds} s {told()}"
        time.sleep(PAUSE)
    return value
