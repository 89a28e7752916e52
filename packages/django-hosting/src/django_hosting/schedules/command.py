"""Run the command of a schedule as a process of its own: output to the log, signals passed on, a limit of time."""

import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

LINES = 20
"""Last lines of the output that a mail about a failure has."""
LINE_LENGTH = 500
NO_LIMITS = "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0"
"""The limits of the application's role are those of a request: release/roles.py."""


@dataclass(frozen=True)
class Ended:
    """How the command ended."""

    code: int
    """As a shell has it: 128 and the signal's number after a signal, 126 or 127 when it did not start."""
    lines: tuple[str, ...] = ()
    """Its last lines."""
    reason: str = ""
    """Why it was stopped."""


def run(command: Sequence[str], seconds: int, stop_seconds: int) -> Ended:
    """Run the command and wait for its end.

    After `seconds`, or when this process gets SIGTERM, the command and what it started get SIGTERM. What is left of
    them `stop_seconds` after the limit, or after the command's end, is killed.
    """
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PGOPTIONS": os.environ.get("PGOPTIONS", NO_LIMITS)}
    try:
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        return Ended(127 if isinstance(error, FileNotFoundError) else 126, (f"{command[0]}: {error.strerror}",))
    lines: deque[str] = deque(maxlen=LINES)
    reader = threading.Thread(target=_copy, args=(process.stdout, lines), daemon=True)
    reader.start()
    before = signal.signal(signal.SIGTERM, lambda *_: _signal(process, signal.SIGTERM))
    try:
        reason = _wait(process, seconds, stop_seconds)
    finally:
        signal.signal(signal.SIGTERM, before)
        # What the command left behind would keep its output open.
        _signal(process, signal.SIGKILL)
    reader.join(stop_seconds)
    code = process.returncode
    return Ended(code if code >= 0 else 128 - code, tuple(lines), reason)


def _wait(process: "subprocess.Popen[str]", seconds: int, stop_seconds: int) -> str:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        _signal(process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(stop_seconds)
        _signal(process, signal.SIGKILL)
        process.wait()
        return f"it took longer than {seconds} s"
    return ""


def _signal(process: "subprocess.Popen[str]", number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _copy(output: Any, lines: "deque[str]") -> None:
    with output:
        for line in output:
            sys.stdout.write(line)
            sys.stdout.flush()
            lines.append(line.rstrip()[:LINE_LENGTH])
