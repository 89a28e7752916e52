"""What kept the site from coming up since the machine started: for whoever waits for it, and until it is hopeless."""

import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from .machine import Machine

PROVEN_SECONDS = 15 * 60.0
"""How long a machine whose site was up before tries after a restart: a new one is likely to fare better."""
UNPROVEN_SECONDS = 60 * 60.0
"""How long one tries whose site never was: most of what keeps it, a release or a database, awaits a new one as well.
So a cause that all machines share costs one of them an hour, and whoever looks for it has the time to."""


def add(machine: Machine, why: str) -> None:
    """One more try has failed."""
    before = read(machine) or {"tries": 0, "since": time.time()}
    machine.memory.mkdir(parents=True, exist_ok=True, mode=0o711)
    _file(machine).write_text(json.dumps({**before, "tries": before["tries"] + 1, "why": why}))


def clear(machine: Machine) -> None:
    """The site is there; this machine has proved that it can be."""
    _file(machine).unlink(missing_ok=True)
    # On a full disk the site may serve all the same.
    with suppress(OSError):
        machine.disk.mkdir(parents=True, exist_ok=True)
        _proof(machine).touch()


def is_hopeless(machine: Machine) -> bool:
    """Whether the machine has tried for as long as it should."""
    found = read(machine)
    seconds = PROVEN_SECONDS if _proof(machine).exists() else UNPROVEN_SECONDS
    return found is not None and time.time() - found["since"] > seconds


def read(machine: Machine) -> dict[str, Any] | None:
    """How many tries have failed, since when (seconds since 1970), and why the last one; None when none has."""
    try:
        found: dict[str, Any] = json.loads(_file(machine).read_text())
    except (OSError, ValueError):
        return None
    return found


def _file(machine: Machine) -> Path:
    return machine.memory / "boot.json"


def _proof(machine: Machine) -> Path:
    """Outlives a restart of the machine, not the machine."""
    return machine.disk / "served"
