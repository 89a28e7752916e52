"""Runs the commands of set-up: output goes to the step's log, and its last lines into the error."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.setup.steps import SetupError

Words = Sequence[object]
"""A command: strings and paths."""

PROBE_SECONDS = 20.0
_TAIL_LINES = 15


def run(
    command: Words,
    log: Path,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    seconds: float | None = None,
) -> None:
    """Run to the end, output appended to `log`. Raises SetupError with the last lines if it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    words = [str(word) for word in command]
    with log.open("ab") as sink:
        sink.write(f"$ {' '.join(words)}\n".encode())
        sink.flush()
        start = sink.tell()
        try:
            code = subprocess.run(
                words,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env=dict(os.environ) | dict(env or {}),
                timeout=seconds,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            code = -1
        except OSError as error:
            raise SetupError(f"{words[0]}: {error.strerror}") from error
    if code != 0:
        reason = f"took longer than {seconds:.0f} s" if code == -1 else f"exit code {code}"
        raise SetupError(f"{' '.join(words[:4])} failed ({reason}):\n{tail(log, start)}\nAll of it: {log}")


def probe(command: Words, *, seconds: float = PROBE_SECONDS) -> str | None:
    """The output of a command, stripped; None if it is missing, fails or takes too long."""
    try:
        result = subprocess.run(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return result.stdout.strip() if result.returncode == 0 else None


def as_root(command: Words) -> Words:
    """Prefix the command with `sudo -n` if needed. Raises SetupError without root and without sudo."""
    if os.name == "posix" and os.geteuid() == 0:
        return list(command)
    if shutil.which("sudo") and probe(["sudo", "-n", "true"]) is not None:
        return ["sudo", "-n", *command]
    raise SetupError(f"`{' '.join(str(word) for word in command)}` needs root: run it yourself, then run make again.")


def may_be_root() -> bool:
    """Whether `as_root` works here."""
    try:
        as_root(["true"])
    except SetupError:
        return False
    return True


def tail(log: Path, start: int = 0) -> str:
    """The last lines of a log, from byte `start` on."""
    with log.open("rb") as source:
        source.seek(start)
        lines = source.read().decode(errors="replace").splitlines()
    return "\n".join(f"  {line}" for line in lines[-_TAIL_LINES:])
