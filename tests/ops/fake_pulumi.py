"""A `pulumi` that knows export, import, cancel and refresh, on a state in a file."""

import json
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

RECOVER = ("recover", "--stack", "prod", "--region", "us-east-1")

PULUMI = """#!{python}
import json, pathlib, sys
here = pathlib.Path({folder!r})
words = sys.argv[1:]
with (here / "called").open("a") as called:
    called.write(words[0] + "\\n")
lock, state = here / "lock", here / "state.json"
if words[:2] == ["stack", "export"]:
    print(state.read_text())
elif words[0] == "cancel":
    lock.unlink()
elif lock.exists():
    sys.exit(lock.read_text())
elif words[0] == "stack":
    state.write_text(pathlib.Path(words[3]).read_text())
elif (here / "broken").exists():
    sys.exit("pages of outputs\\nDiagnostics:\\n  error: ExpiredToken: the token has expired")
else:
    document = json.loads(state.read_text())
    document["deployment"]["pending_operations"] = []
    state.write_text(json.dumps(document))
"""


@dataclass
class FakePulumi:
    """Its state, its lock, and the commands it got."""

    folder: Path

    def has(
        self,
        *pending: tuple[str, str],
        resources: Sequence[dict[str, Any]] = (),
        inputs: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """A state with pending creations, by URN and type, that all have these inputs."""
        operations = [
            {"type": "creating", "resource": {"urn": urn, "type": kind, "inputs": dict(inputs)}}
            for urn, kind in pending
        ]
        document = {"version": 3, "deployment": {"resources": list(resources), "pending_operations": operations}}
        (self.folder / "state.json").write_text(json.dumps(document))

    def is_locked_by(self, pid: int) -> None:
        owner = f"file:///lock.json: created by ada@{socket.gethostname()} (pid {pid}) at 2026-11-21T14:00:00Z"
        (self.folder / "lock").write_text(f"error: the stack is currently locked by 1 lock(s).\n  {owner}")

    @property
    def known(self) -> list[tuple[str, str]]:
        document = json.loads((self.folder / "state.json").read_text())
        return [(one["urn"], one["id"]) for one in document["deployment"]["resources"] if "id" in one]

    @property
    def called(self) -> list[str]:
        return (self.folder / "called").read_text().split()


def install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> FakePulumi:
    """Put it first on PATH, with an empty state."""
    (folder / "pulumi").write_text(PULUMI.format(python=sys.executable, folder=str(folder)))
    (folder / "pulumi").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    fake = FakePulumi(folder)
    fake.has()
    return fake
