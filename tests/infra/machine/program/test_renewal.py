"""The twice-daily look at the certificate."""

import logging
import time
from pathlib import Path
from typing import Any

import pytest

from infra.machine.program import certificate, renewal, site
from infra.machine.program.certificate_secret import Kept
from infra.machine.program.errors import MachineError
from infra.machine.program.machine import Machine
from infra.machine.program.slot_containers import SlotContainers
from infra.machine.program.slots import GREEN
from tests.infra.machine.program.pairs import document, pair
from tests.infra.machine.program.releases import RELEASE

NEW, OLD = pair("app.preqly.com"), pair("app.preqly.com", days=10)


class StoppedError(Exception):
    """Ends what goes on for ever."""


class World:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shown = OLD
        self.done: list[str] = []
        self.reload_fails = False
        monkeypatch.setattr(renewal, "serving", lambda _: ("releases/1.json", GREEN))
        monkeypatch.setattr(renewal, "fetch", lambda *_: RELEASE)
        monkeypatch.setattr(certificate, "renewed", lambda *_: Kept(document=document(NEW)))
        monkeypatch.setattr(certificate, "write", lambda *_: self.done.append("write"))
        monkeypatch.setattr(site, "certificate", lambda _: self.shown.der)
        monkeypatch.setattr(SlotContainers, "reload_proxy", lambda containers: self.reload(containers.slot.name))

    def reload(self, slot: str) -> None:
        self.done.append(f"reload {slot}")
        if self.reload_fails:
            raise MachineError("nginx's reload: exit code 1")
        self.shown = NEW


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(region="r", bucket="b", parameter="/p", log_group="app", memory=tmp_path)


def test_a_new_certificate_is_read_by_the_proxy_of_the_slot_in_use_once(world: World, machine: Machine) -> None:
    assert renewal.look(None, machine) == 12 * 3600
    assert world.done == ["write", "reload green"]
    renewal.look(None, machine)
    assert world.done == ["write", "reload green", "write"]


def test_a_reload_that_failed_is_repeated_at_the_next_look(world: World, machine: Machine) -> None:
    world.reload_fails = True
    with pytest.raises(MachineError):
        renewal.look(None, machine)
    world.reload_fails = False
    renewal.look(None, machine)
    assert world.done[-1] == "reload green"


@pytest.mark.parametrize("error", [MachineError("the ACME server is away"), OSError("no network")])
def test_whatever_is_away_is_logged_and_looked_for_again_in_minutes(
    world: World,
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    def fails(*_: Any) -> Kept:
        raise error

    def stop(seconds: float) -> None:
        raise StoppedError(seconds)

    monkeypatch.setattr(certificate, "renewed", fails)
    monkeypatch.setattr(time, "sleep", stop)
    with caplog.at_level(logging.ERROR, "preqly"), pytest.raises(StoppedError, match="600"):
        renewal.watch(machine)
    assert str(error) in caplog.text
    assert "in use serves on" in caplog.text
    assert world.done == []
