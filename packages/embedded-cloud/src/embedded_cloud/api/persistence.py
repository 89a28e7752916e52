"""Save moto's state to disk, so that nothing is lost when the process is killed."""

import logging
import platform
import threading
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from moto.core.base_backend import BackendDict

from embedded_cloud.api import snapshot

logger = logging.getLogger(__name__)

FORMAT = 2
"""Incremented when older snapshots cannot be read."""

DEBOUNCE_SECONDS = 2.0
"""How long a change by an agent waits for further ones. A change by a request does not wait."""


class SnapshotStore:
    """One file with the whole state, written by one thread.

    A change over HTTP is on disk before its answer. Changes that arrive during a write share the next snapshot.
    """

    def __init__(self, folder: Path, lock: threading.RLock) -> None:
        """`lock` guards moto's state."""
        self._path = folder / "moto.snapshot"
        self._blobs = folder / "objects"
        self._lock = lock
        self._condition = threading.Condition()
        self._changes = self._saved_changes = 0
        self._urgent = self._stopping = False
        self._last_error = ""
        self._thread = threading.Thread(target=self._run, name="snapshot", daemon=True)

    def start(self) -> bool:
        """Load the snapshot of an earlier process, if there is one, and start saving. Returns whether it loaded one."""
        loaded = self._load()
        self._thread.start()
        return loaded

    def stop(self) -> None:
        """Save once more, because some reads change moto's state, and end."""
        with self._condition:
            self._stopping = True
            self._changes += 1
            self._condition.notify_all()
        if self._thread.is_alive():
            self._thread.join()
            self._remove_unused_blobs()

    def touch(self) -> None:
        """Report a change that may be saved later."""
        with self._condition:
            self._changes += 1
            self._condition.notify_all()

    def save(self) -> None:
        """Report a change; return when it is on disk. A failed write is logged."""
        with self._condition:
            self._changes += 1
            mine = self._changes
            self._urgent = True
            self._condition.notify_all()
            self._condition.wait_for(lambda: self._saved_changes >= mine or not self._thread.is_alive())

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._stopping or self._changes > self._saved_changes)
                if not self._stopping and not self._urgent:
                    self._condition.wait_for(lambda: self._stopping or self._urgent, DEBOUNCE_SECONDS)
                if self._stopping and self._changes == self._saved_changes:
                    return
                covered, self._urgent = self._changes, False
            self._write()
            with self._condition:
                self._saved_changes = covered
                self._condition.notify_all()

    def _write(self) -> None:
        try:
            with self._lock:
                content = snapshot.dump(self._blobs)
            partial = self._path.with_suffix(".partial")
            partial.touch(mode=0o600)
            partial.write_bytes(_header() + content)
            partial.replace(self._path)
        # The cloud keeps running when its state cannot be saved. pickle raises errors of any class.
        except Exception as error:
            message = f"{type(error).__name__}: {error}"
            if message != self._last_error:
                logger.exception("state: not saved; a restart loses the latest changes")
            self._last_error = message

    def _load(self) -> bool:
        if not self._path.exists():
            BackendDict.reset()
            return False
        try:
            snapshot.load(_content(self._path.read_bytes()), self._blobs)
        except snapshot.SnapshotError as error:
            aside = self._path.with_name(f"moto.snapshot.unreadable-{datetime.now(UTC):%Y%m%dT%H%M%S}")
            self._path.replace(aside)
            # An earlier cloud of this process may have left its state.
            BackendDict.reset()
            logger.warning(
                "state: %s cannot be read: %s. Renamed to %s. The cloud starts empty and no longer has the resources "
                "of existing stacks: remove the cloud and the stacks' state, then deploy again.",
                self._path,
                error,
                aside.name,
            )
            return False
        return True

    def _remove_unused_blobs(self) -> None:
        if any(self._path.parent.glob("moto.snapshot.unreadable-*")):
            return
        used = snapshot.referenced_blobs()
        for blob in self._blobs.glob("*"):
            if blob.name not in used:
                blob.unlink(missing_ok=True)


def _content(file: bytes) -> bytes:
    header = _header()
    if not file.startswith(header):
        raise snapshot.SnapshotError("it was written by another version of the embedded cloud, moto or Python")
    return file[len(header) :]


def _header() -> bytes:
    python = ".".join(platform.python_version_tuple()[:2])
    return f"embedded cloud, snapshot {FORMAT}, moto {version('moto')}, Python {python}\n".encode()
