"""A command of `ops` in a terminal, and what a person types."""

import contextlib
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Sequence

from tests.e2e.checkout import Checkout

SECONDS = 240


def converse(checkout: Checkout, words: str, answers: Sequence[tuple[str, str]]) -> tuple[int, str]:
    """Type each answer once its question is on the screen. Returns exit code and screen."""
    keyboard, terminal = pty.openpty()
    process = subprocess.Popen(
        checkout.script(f"exec {sys.executable} -m ops {words}"),
        cwd=checkout.folder,
        env=checkout.environment(),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    try:
        screen = _answer(keyboard, list(answers))
        return process.wait(SECONDS), screen
    finally:
        process.kill()
        process.wait()
        os.close(keyboard)


def _answer(keyboard: int, answers: list[tuple[str, str]]) -> str:
    screen, read, deadline = b"", 0, time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if select.select([keyboard], [], [], 0.2)[0]:
            more = b""
            # Linux reports the end of a terminal as an error.
            with contextlib.suppress(OSError):
                more = os.read(keyboard, 65536)
            if not more:
                break
            screen += more
        if answers and answers[0][0].encode() in screen[read:]:
            read = len(screen)
            os.write(keyboard, f"{answers.pop(0)[1]}\n".encode())
    return screen.decode(errors="replace")
