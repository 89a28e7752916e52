"""What was migrated for a release on this machine: the update that began it may not be there any more to remember."""

import json
from collections.abc import Sequence
from typing import Any

from .machine import Machine

EVENT = "release_state"
"""Of the line that a release's preparation prints (infra/release/release_state.py)."""


def found(machine: Machine, key: str, output: str) -> None:
    """Keep what a release's preparation said is to be migrated."""
    known = _read(machine, key)
    _write(machine, {**known, "release": key, "unapplied": _unapplied(output)})


def ran(machine: Machine, key: str) -> None:
    """The release's migrations have run."""
    known = _read(machine, key)
    done = [*known.get("migrated", []), *known.get("unapplied", [])]
    _write(machine, {"release": key, "unapplied": [], "migrated": list(dict.fromkeys(done))})


def run_for(machine: Machine, key: str) -> Sequence[str]:
    """Migrations that were run for this release since the machine started, as `<app>.<name>`."""
    return [str(name) for name in _read(machine, key).get("migrated", [])]


def _unapplied(output: str) -> list[str]:
    for line in reversed(output.splitlines()):
        try:
            read = json.loads(line)
            if read["event"] == EVENT:
                return list(read["unapplied"])
        except (ValueError, KeyError, TypeError):
            continue
    return []


def _read(machine: Machine, key: str) -> dict[str, Any]:
    try:
        known: dict[str, Any] = json.loads((machine.memory / "migrations.json").read_text())
    except (OSError, ValueError):
        return {}
    return known if known.get("release") == key else {}


def _write(machine: Machine, known: dict[str, Any]) -> None:
    (machine.memory / "migrations.json").write_text(json.dumps(known))
