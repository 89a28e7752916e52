"""Processes of this machine: whether one is alive, and one command at a time per embedded cloud."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from local.runtime import OperatorError, Runtime

ZOMBIE = "Z"


def is_alive(pid: int) -> bool:
    """Whether a process with this id runs. A zombie, which has ended and waits for its parent, does not."""
    if pid <= 0:
        return False
    if os.name == "nt":
        # os.kill(pid, 0) would end the process on Windows.
        listed = subprocess.run(
            ["tasklist", "/FI", f"PID eq {pid}", "/NH"], capture_output=True, text=True, check=False
        )
        return str(pid) in listed.stdout.split()
    if _stat(pid)[1] == ZOMBIE:
        return False
    with suppress(ChildProcessError):
        # Reaps the process if it is a child of this one.
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def program_of(pid: int) -> str:
    """Name of a running process; empty for none and for a zombie. Linux only."""
    name, state = _stat(pid)
    return "" if state == ZOMBIE else name


def _stat(pid: int) -> tuple[str, str]:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return "", ""
    # The name stands in parentheses and may hold anything; the state follows it.
    name, _, rest = stat.partition("(")[2].rpartition(")")
    return name, rest.split()[0]


@contextmanager
def exclusive(runtime: Runtime, purpose: str) -> Iterator[None]:
    """Hold the lock file `<purpose>.lock` until the block or the process ends. Raises OperatorError if it is held."""
    runtime.prepare()
    path = runtime.folder / f"{purpose}.lock"
    with path.open("a+") as file:
        if not _lock(file):
            file.seek(0)
            raise OperatorError(
                f"Another command ({purpose}, process {file.read().strip()}) is working on this cloud. "
                "Wait for it, or stop it with Ctrl-C where it runs."
            )
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _lock(file: IO[str]) -> bool:
    try:
        if os.name == "nt":
            import msvcrt  # noqa: PLC0415 - exists on Windows only

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl  # noqa: PLC0415 - exists elsewhere only

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
