"""Whether a process lives, on every system."""

import os
import subprocess
from contextlib import suppress
from pathlib import Path


def is_alive(pid: int) -> bool:
    """Whether a process of that number runs (one that has ended and waits for its parent does not)."""
    if pid <= 0:
        return False
    if os.name == "nt":
        # os.kill(pid, 0) would end it there.
        listed = subprocess.run(
            ["tasklist", "/FI", f"PID eq {pid}", "/NH"], capture_output=True, text=True, check=False
        )
        return str(pid) in listed.stdout.split()
    if _has_ended(pid):
        return False
    with suppress(ChildProcessError):
        # Reaps it if it is a child of this process; otherwise there is nothing to reap.
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _has_ended(pid: int) -> bool:
    """Whether only its number is left: a container's first process seldom collects what others leave behind."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    # The name, in parentheses, may hold anything; the state follows it.
    return stat.rpartition(")")[2].split()[0] == "Z"
