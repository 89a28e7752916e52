"""A machine that answers what a test says, and keeps the order of what it was told."""

import json
from collections.abc import Callable
from typing import Any, cast

import boto3
import pytest

from infra.machine import remote, replacement, verdict
from infra.machine.remote import Remote
from infra.release.errors import ReleaseError
from tests.infra.release.test_completion import RELEASE as ON_FARGATE

TO = Remote(group="machine", document="deploy")
KEY, EARLIER_KEY = f"releases/{'2' * 64}.json", f"releases/{'1' * 64}.json"
PARAMETER = "/preqly/test/machine/release"
MACHINE_FIELDS: dict[str, Any] = {
    "task_definition": KEY,
    "migration_task_definition": KEY,
    "cluster": "machine",
    "service": "deploy",
    "hosting": "vm",
    "bucket": "files",
    "parameter": PARAMETER,
    "secret_version": "v2",
}
STATE = {"event": "release_state", "unapplied": [], "unknown": [], "heads": {"core": "0002_b"}}
__all__ = ["ON_FARGATE"]


class FakeMachine:
    """One machine in service; `answers` hold what each command prints, those with a `!` in front fail with it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.status: dict[str, Any] = {
            "release": KEY,
            "slot": "blue",
            "problem": "",
            "at_work": "",
            "containers": ["preqly-blue web Up 5 seconds (healthy)"],
            "stale": [],
            "migrated": [],
            "boot": None,
        }
        self.answers: dict[str, str | Callable[[], str]] = {
            "prepare": json.dumps(STATE),
            "state": json.dumps(STATE),
            "deploy": self._deploys,
            "retire": "",
        }
        self.order: list[str] = []
        self.parameter = KEY
        self.told: list[str] = []
        monkeypatch.setattr(remote, "run", self.run)
        monkeypatch.setattr(remote, "ask", lambda session, to, _instance, *words: self.run(session, to, *words))
        monkeypatch.setattr(replacement, "settle", lambda *_: "i-1")
        monkeypatch.setattr(verdict, "POLL_SECONDS", 0)
        monkeypatch.setattr(verdict, "REPAIR_SECONDS", 0)

    @property
    def session(self) -> boto3.Session:
        """What the code under test takes for a session; it knows the parameter."""
        return cast(boto3.Session, self)

    def client(self, _: str) -> "FakeMachine":
        return self

    def get_parameter(self, **_: Any) -> dict[str, Any]:
        return {"Parameter": {"Value": self.parameter}}

    def run(self, _session: Any, _to: Remote, command: str, release: str = "", instead_of: str = "") -> str:
        if command == "status":
            return json.dumps(self.status)
        self.order.append(f"{command} {release} {instead_of}".strip())
        self._asked = release
        said = self.answers[command]
        answer = said if isinstance(said, str) else said()
        if answer.startswith("!"):
            raise ReleaseError(answer.removeprefix("!"))
        return answer

    def _deploys(self) -> str:
        self.status |= {"release": self._asked, "problem": "", "stale": []}
        return "green"
