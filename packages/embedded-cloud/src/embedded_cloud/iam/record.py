"""The record of decisions: each distinct one is a line of a file, once."""

import json
import threading
from pathlib import Path

from embedded_cloud.iam.evaluation import Request

MOST_LINES = 20_000
"""Above it, the older half goes: names of objects and log streams have no end."""

Decision = tuple[str, str, str, str]
FIELDS = ("role", "action", "resource", "refusal")
"""`refusal` is empty for what was allowed."""


class Record:
    """Append-only, but for the oldest lines. Threads may share it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._known: dict[Decision, None] | None = None

    def add(self, role_arn: str, request: Request, refusal: str) -> None:
        """Write a decision that the file does not have."""
        decision = (role_arn, request.action, request.resource, refusal)
        with self._lock:
            if self._known is None:
                self._known = dict.fromkeys(read(self._path))
                _end_last_line(self._path)
            if decision in self._known:
                return
            self._known[decision] = None
            if len(self._known) > MOST_LINES:
                self._known = dict.fromkeys(list(self._known)[MOST_LINES // 2 :])
                self._path.write_text("".join(map(_line, self._known)))
                return
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._path.open("a") as file:
                file.write(_line(decision))


def read(path: Path) -> list[Decision]:
    """The decisions of a file, oldest first; a line that a killed process left half is left out."""
    if not path.exists():
        return []
    found = []
    for line in path.read_text().splitlines():
        try:
            entry = json.loads(line)
            found.append((entry["role"], entry["action"], entry["resource"], entry["refusal"]))
        except (ValueError, KeyError):
            continue
    return found


def _end_last_line(path: Path) -> None:
    if path.exists() and not path.read_bytes().endswith(b"\n"):
        with path.open("a") as file:
            file.write("\n")


def _line(decision: Decision) -> str:
    return json.dumps(dict(zip(FIELDS, decision, strict=True))) + "\n"
