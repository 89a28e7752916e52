"""Creations that the engine has not confirmed.

The engine stores a resource after the answer to Create. If it is killed in between, the resource exists and the state
lacks its id. The next Create of the same URN finds the id here and adopts the resource.
"""

import hashlib
import json
import threading
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

from embedded_cloud.providers.values import Values

UNFINISHED = ""
"""Digest of a partially created resource: the next Create deletes it first."""


@dataclass(frozen=True)
class PendingCreate:
    """A created resource that the engine has not confirmed."""

    token: str
    id: str
    name: str
    """Automatic name, which Check proposes again; empty when it has none."""
    digest: str
    """Hash of the inputs, or UNFINISHED."""


class PendingCreates:
    """Unconfirmed creations by URN, kept in a file when one is given."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._urns: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)
        self._created: dict[str, PendingCreate] = {}
        if path is not None and path.exists():
            self._created = {urn: PendingCreate(**entry) for urn, entry in json.loads(path.read_text()).items()}

    def lock(self, urn: str) -> threading.RLock:
        """Lock of a URN: the Create of a second run waits for the one that a killed run left behind."""
        with self._lock:
            return self._urns[urn]

    def add(self, urn: str, created: PendingCreate) -> None:
        with self._lock:
            self._created[urn] = created
            self._save()

    def find(self, urn: str, token: str) -> PendingCreate | None:
        """Unconfirmed creation of this URN and type, if there is one."""
        created = self._created.get(urn)
        return created if created and created.token == token else None

    def acknowledge(self, urn: str, physical_id: str) -> None:
        """Drop a creation: the engine sent its id, so its state has it."""
        with self._lock:
            if urn in self._created and self._created[urn].id == physical_id:
                del self._created[urn]
                self._save()

    def _save(self) -> None:
        if self._path is None:
            return
        draft = self._path.with_suffix(".new")
        draft.write_text(json.dumps({urn: asdict(created) for urn, created in self._created.items()}))
        draft.replace(self._path)


def digest(inputs: Values) -> str:
    """Hash of the inputs, which may hold secrets."""
    text = json.dumps({k: v for k, v in inputs.items() if not k.startswith("__")}, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()
