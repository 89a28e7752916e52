"""A machine on which a deploy runs with recorded programs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from infra.machine.program import (
    certificate,
    deploy,
    images,
    instance,
    secrets,
    shell,
    site,
    slot_containers,
    slots,
)
from infra.machine.program.keeper import Keeper
from infra.machine.program.machine import Machine
from tests.infra.machine.program.keeper_world import World
from tests.infra.machine.program.programs import Programs
from tests.infra.machine.program.releases import KEY, RELEASE

Run = Callable[[], str]


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Programs:
    recorded = Programs()
    for module in (shell, slots, images):
        monkeypatch.setattr(module, "attempt", recorded.attempt)
    for wait in ("DRAIN_SECONDS", "LINGER_SECONDS"):
        monkeypatch.setattr(slot_containers, wait, 0)
    monkeypatch.setattr(site, "wait", lambda *_: None)
    monkeypatch.setattr(deploy, "fetch", lambda *_: RELEASE)
    monkeypatch.setattr(site, "problem", lambda *_: recorded.problem)

    def take_address(*_: object) -> None:
        recorded.address += 1

    monkeypatch.setattr(instance, "take_address", take_address)
    monkeypatch.setattr(certificate, "place", lambda *_: None)
    monkeypatch.setattr(secrets, "read", lambda *_: {"SECRET_KEY": "x"})
    monkeypatch.setattr(secrets, "write", lambda *_: None)
    return recorded


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(
        region="us-east-1", bucket="b", parameter="/p", log_group="app", memory=tmp_path / "run", disk=tmp_path / "lib"
    )


@pytest.fixture
def run(machine: Machine) -> Run:
    return lambda: deploy.deploy(None, machine, KEY)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


@pytest.fixture
def looks(world: World, machine: Machine) -> Keeper:
    return Keeper(None, machine)
