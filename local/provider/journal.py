"""Remembers what was created until the engine shows that it knows.

The engine writes a resource to its state only after Create answered. When it is killed in between, the resource
exists but nobody has its id. The journal does: the next Create of the same URN adopts it.
"""

import hashlib
import json
import threading
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

from local.provider.values import Values

UNFINISHED = ""
"""The digest of a resource whose creation went wrong after it existed: the next Create removes it first."""


@dataclass(frozen=True)
class Created:
    """A resource that Create made and the engine has not named since."""

    token: str
    id: str
    name: str
    """Its automatic name, so that Check proposes it again; empty when it has none."""
    digest: str
    """Hash of its inputs, or UNFINISHED."""


class Journal:
    """Unacknowledged creations by URN, in a file when one is given."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._urns: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)
        self._created: dict[str, Created] = {}
        if path is not None and path.exists():
            self._created = {urn: Created(**entry) for urn, entry in json.loads(path.read_text()).items()}

    def lock(self, urn: str) -> threading.RLock:
        """One lock for each URN: a second run's Create waits for the one that a killed run left behind."""
        with self._lock:
            return self._urns[urn]

    def add(self, urn: str, created: Created) -> None:
        """Remember a creation."""
        with self._lock:
            self._created[urn] = created
            self._save()

    def find(self, urn: str, token: str) -> Created | None:
        """The creation of this URN that the engine does not know of, if there is one."""
        created = self._created.get(urn)
        return created if created and created.token == token else None

    def acknowledge(self, urn: str, physical_id: str) -> None:
        """The engine named this id: it is in its state."""
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
    """A hash of inputs; it says nothing about the secrets in them beyond equality."""
    text = json.dumps({k: v for k, v in inputs.items() if not k.startswith("__")}, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()
