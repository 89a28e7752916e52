"""What kept the site from coming up since the machine started, for whoever waits for it."""

import json
import time
from typing import Any

from .machine import Machine


def add(machine: Machine, why: str) -> None:
    """One more try has failed."""
    before = read(machine) or {"tries": 0, "since": time.time()}
    machine.memory.mkdir(parents=True, exist_ok=True, mode=0o711)
    _file(machine).write_text(json.dumps({**before, "tries": before["tries"] + 1, "why": why}))


def clear(machine: Machine) -> None:
    """The site is there."""
    _file(machine).unlink(missing_ok=True)


def read(machine: Machine) -> dict[str, Any] | None:
    """How many tries have failed, since when (seconds since 1970), and why the last one; None when none has."""
    try:
        found: dict[str, Any] = json.loads(_file(machine).read_text())
    except (OSError, ValueError):
        return None
    return found


def _file(machine: Machine) -> Any:
    return machine.memory / "boot.json"
