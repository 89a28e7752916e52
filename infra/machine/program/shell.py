"""Running other programs, with their last words in the error."""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence

from .errors import MachineError

LAST_LINES = 15
# Compose clears the line even where no terminal is.
_PAINT = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def run(
    *command: str,
    what: str,
    stdin: str | None = None,
    environment: Mapping[str, str] | None = None,
    timeout_seconds: float = 120,
) -> str:
    """The standard output of a program that ends well. Raises MachineError with `what` and its last lines."""
    done = attempt(*command, stdin=stdin, environment=environment, timeout_seconds=timeout_seconds)
    if done.returncode != 0:
        raise MachineError(failure(what, f"exit code {done.returncode}", (done.stdout + done.stderr).splitlines()))
    return done.stdout


def attempt(
    *command: str,
    stdin: str | None = None,
    environment: Mapping[str, str] | None = None,
    timeout_seconds: float = 120,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, however it ends; one that takes too long is killed and ends with 124."""
    try:
        return subprocess.run(
            command,
            input=stdin,
            env={**os.environ, **(environment or {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_seconds,
        )
    except subprocess.TimeoutExpired as error:
        said = f"{_text(error.stdout)}{_text(error.stderr)}"
        return subprocess.CompletedProcess(command, 124, said, f"not done after {timeout_seconds:.0f} s\n")


def failure(what: str, why: str, lines: Sequence[str]) -> str:
    """A message for the operator: what failed, why, and the last lines of its output."""
    last = [line for line in (_PAINT.sub("", line) for line in lines) if line.strip()][-LAST_LINES:]
    said = ["last lines:", *(f"  {line}" for line in last)] if last else ["it left no lines"]
    return "\n".join([f"{what}: {why}", *said])


def _text(output: bytes | str | None) -> str:
    return output.decode(errors="replace") if isinstance(output, bytes) else output or ""
