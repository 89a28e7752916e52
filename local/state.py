"""The file backend's own files: the stack's state, its lock, and how both are mended after a kill."""

import json
import socket
from pathlib import Path

from local import project
from local.processes import is_alive
from local.runtime import OperatorError


def state_file(folder: Path, name: str) -> Path:
    """Where the file backend keeps a stack; absent before its first update."""
    return folder / "state" / ".pulumi" / "stacks" / project.name() / f"{name}.json"


def restore_torn_state(folder: Path, name: str) -> None:
    """A killed engine may leave half a file; beside it is the state of one step before, and the providers remember the
    step (see local.provider.journal). A full disk cuts both off: then it is the state from before the run."""
    for attributes in (folder / "state").glob("**/*.attrs"):
        # Notes of the backend beside each file; it does without them, but not with half of one.
        if not _is_json(attributes):
            attributes.unlink()
    path = state_file(folder, name)
    if path.exists() and not _is_json(path):
        before = path.with_name(f"{path.name}.bak")
        whole = next((one for one in (before, _kept(folder, name)) if _is_json(one)), None)
        if whole is None:
            raise OperatorError(f"{path} was cut off, and so was {before.name}. Run make down, then make up.")
        path.write_bytes(whole.read_bytes())


def keep_state(folder: Path, name: str) -> None:
    """A copy of the state as it is before a run. Until the next one the providers remember all that the run makes."""
    _kept(folder, name).write_bytes(state_file(folder, name).read_bytes())


def _kept(folder: Path, name: str) -> Path:
    return folder / "state" / f"{name}-before.json"


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_text())
    except (OSError, ValueError):
        return False
    return True


def remove_stale_lock(folder: Path, name: str) -> None:
    """Drop the locks of engines that are gone. Raises OperatorError if one of them still runs."""
    for lock in (folder / "state" / ".pulumi" / "locks").glob(f"**/{project.name()}/{name}/*.json"):
        owner = json.loads(lock.read_text() or "{}")
        if owner.get("hostname") == socket.gethostname() and is_alive(int(owner.get("pid", 0))):
            raise OperatorError(f"Another run is changing the stack {name} (process {owner['pid']}). Wait for it.")
        lock.unlink()


def pending_operations(folder: Path, name: str) -> list[str]:
    """URNs of what a killed run had begun and not finished."""
    path = state_file(folder, name)
    if not path.exists():
        return []
    latest = json.loads(path.read_text())["checkpoint"].get("latest") or {}
    return [operation["resource"]["urn"] for operation in latest.get("pending_operations") or []]
