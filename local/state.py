"""The files of Pulumi's file backend: a stack's state and lock, and their repair after a kill."""

import json
import socket
from pathlib import Path
from typing import Any

from local import project
from local.processes import is_alive
from local.runtime import OperatorError

DATABASE = "aws:rds/instance:Instance"


def state_file(folder: Path, name: str) -> Path:
    """The file that holds a stack's state; absent before its first update."""
    return folder / "state" / ".pulumi" / "stacks" / project.name() / f"{name}.json"


def restore_torn_state(folder: Path, name: str) -> None:
    """Replace a half-written state by the latest complete one. Raises OperatorError if there is none.

    The engine's own backup is one step older than the state; the providers remember that step (see
    embedded_cloud.providers.pending_creates). A full disk tears both: then the copy from before the run is used."""
    for attributes in (folder / "state").glob("**/*.attrs"):
        # The backend's notes beside each file are optional, but half a note is an error.
        if not _is_json(attributes):
            attributes.unlink()
    path = state_file(folder, name)
    if path.exists() and not _is_json(path):
        backup = path.with_name(f"{path.name}.bak")
        complete = next((one for one in (backup, _copy(folder, name)) if _is_json(one)), None)
        if complete is None:
            raise OperatorError(f"{path} was cut off, and so was {backup.name}. Run make down, then make up.")
        path.write_bytes(complete.read_bytes())


def back_up(folder: Path, name: str) -> None:
    """Copy the state as it is before a run. The providers remember everything that the run creates."""
    _copy(folder, name).write_bytes(state_file(folder, name).read_bytes())


def _copy(folder: Path, name: str) -> Path:
    return folder / "state" / f"{name}-before.json"


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_text())
    except (OSError, ValueError):
        return False
    return True


def remove_stale_lock(folder: Path, name: str) -> None:
    """Remove the locks of engines that have ended. Raises OperatorError if one of them still runs."""
    for lock in (folder / "state" / ".pulumi" / "locks").glob(f"**/{project.name()}/{name}/*.json"):
        owner = json.loads(lock.read_text() or "{}")
        if owner.get("hostname") == socket.gethostname() and is_alive(int(owner.get("pid", 0))):
            raise OperatorError(f"Another run is changing the stack {name} (process {owner['pid']}). Wait for it.")
        lock.unlink()


def pending_operations(folder: Path, name: str) -> list[str]:
    """URNs of the operations that a killed run started and did not finish."""
    return [operation["resource"]["urn"] for operation in _latest(folder, name).get("pending_operations") or []]


def deployed_once(folder: Path, name: str) -> bool:
    """Whether an update ever finished: only then does the stack have outputs."""
    resources = _latest(folder, name).get("resources") or []
    return any(one.get("outputs") for one in resources if one["type"] == "pulumi:pulumi:Stack")


def has_database(folder: Path, name: str) -> bool:
    """Whether the stack has a database, also after an update that failed. A torn state file is not read."""
    resources = _latest(folder, name).get("resources") if _is_json(state_file(folder, name)) else None
    return any(one["type"] == DATABASE for one in resources or [])


def _latest(folder: Path, name: str) -> dict[str, Any]:
    path = state_file(folder, name)
    return (json.loads(path.read_text())["checkpoint"].get("latest") or {}) if path.exists() else {}
