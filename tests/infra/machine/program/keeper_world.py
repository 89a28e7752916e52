"""What the keeper meets on a machine, dictated by a test."""

import time
from collections.abc import Mapping
from typing import Any

import pytest

from infra.machine.program import credentials, deploy, images, instance, keeper, metrics, site
from infra.machine.program.credentials import Credentials
from infra.machine.program.errors import MachineError
from infra.machine.program.release import Release
from infra.machine.program.slot_containers import SlotContainers
from infra.machine.program.slots import BLUE
from tests.infra.machine.program.releases import KEY, RELEASE


class World:
    """What the keeper meets, and what it did."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[str] = []
        self.reported: list[bool] = []
        self.killed = 5
        self.kills: list[int] = []
        self.cloudwatch_is_away = False
        self.answers = True
        self.roles: list[str] = []
        self.fetched: list[str] = []
        self.s3_is_away = False
        self.disk_percent = 40.0
        self.now = 1000.0
        self.serving: Any = (KEY, BLUE)
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr(keeper, "current_key", lambda *_: KEY)
        monkeypatch.setattr(keeper, "fetch", lambda _session, _machine, key: self.fetch(key))
        monkeypatch.setattr(keeper, "send_visitors_to", lambda slot: self.done.append(f"door {slot.name}"))
        monkeypatch.setattr(site, "problem", lambda *_: "" if self.answers else "it answers 500")
        monkeypatch.setattr(keeper, "serving", lambda _: self.serving)
        monkeypatch.setattr(deploy, "prepare", lambda *_: self.done.append("prepare"))
        monkeypatch.setattr(deploy, "deploy", lambda *_: self.done.append("deploy"))
        monkeypatch.setattr(credentials, "make_address", lambda: None)
        monkeypatch.setattr(credentials, "serve", self.serve)
        monkeypatch.setattr(metrics, "report", lambda *_, answers, kills, **__: self.report(answers, kills))
        monkeypatch.setattr(metrics, "memory_kills", lambda: self.killed)
        monkeypatch.setattr(metrics, "disk_percent", lambda: self.disk_percent)
        monkeypatch.setattr(images, "remove_unused", lambda: self.done.append("prune"))
        monkeypatch.setattr(instance, "take_address", lambda *_: self.done.append("address"))
        monkeypatch.setattr(instance, "give_up", lambda _: self.done.append("give up"))
        monkeypatch.setattr(SlotContainers, "start", lambda _: self.done.append("start"))

    def fetch(self, key: str) -> Release:
        if self.s3_is_away:
            raise MachineError(f"ResourceInitializationError: s3://b/{key}: it does not answer")
        self.fetched.append(key)
        return RELEASE

    def serve(self, roles: Mapping[str, Credentials]) -> None:
        self.done.append("credentials")
        self.roles = sorted(roles)

    def report(self, answers: bool, kills: int) -> None:
        if self.cloudwatch_is_away:
            raise OSError("CloudWatch does not answer")
        self.done.append("metrics")
        self.kills.append(kills)
        self.reported.append(answers)
