"""One piece of work on the machine at a time: a deploy, a repair, a renewal. And what it is, for who asks."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from .machine import Machine

REPAIR = "the keeper's repair"


@contextmanager
def alone(machine: Machine, work: str = REPAIR) -> Iterator[None]:
    """Wait for whoever is at work, then be the one. The kernel gives the lock back when a process is killed."""
    machine.memory.mkdir(parents=True, exist_ok=True, mode=0o711)
    # Not "w": who only waits must not empty what the one at work has written.
    with (machine.memory / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.truncate(0)
        lock.write(f"{work}, since {datetime.now(UTC).isoformat(timespec='seconds')}")
        lock.flush()
        yield


def at_work(machine: Machine) -> str:
    """What goes on now, and since when; empty when nothing does."""
    try:
        lock = (machine.memory / "lock").open()
    except FileNotFoundError:
        return ""
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return lock.read() or REPAIR
    return ""
