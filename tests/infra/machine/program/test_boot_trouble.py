"""How long a machine tries to bring its site up before another one is to try."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from infra.machine.program import boot_trouble
from infra.machine.program.boot_trouble import PROVEN_SECONDS, UNPROVEN_SECONDS
from infra.machine.program.machine import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(
        region="r", bucket="b", parameter="/p", log_group="app", memory=tmp_path / "run", disk=tmp_path / "lib"
    )


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    return now


def tries_until(machine: Machine, clock: list[float], seconds: float) -> bool:
    """Whether it is hopeless so long after the first failure, and another one just now."""
    boot_trouble.add(machine, "no image")
    clock[0] += seconds
    boot_trouble.add(machine, "no database")
    return boot_trouble.is_hopeless(machine)


def test_a_machine_without_trouble_is_not_hopeless(machine: Machine) -> None:
    assert not boot_trouble.is_hopeless(machine)


def test_a_machine_whose_site_was_up_before_its_restart_is_hopeless_soon(machine: Machine, clock: list[float]) -> None:
    boot_trouble.clear(machine)
    assert not tries_until(machine, clock, PROVEN_SECONDS - 1)
    clock[0] += 2
    assert boot_trouble.is_hopeless(machine)


def test_one_that_took_its_place_has_more_time_for_a_cause_that_they_share(
    machine: Machine, clock: list[float]
) -> None:
    assert UNPROVEN_SECONDS >= 4 * PROVEN_SECONDS
    assert not tries_until(machine, clock, UNPROVEN_SECONDS - 1)
    clock[0] += 2
    assert boot_trouble.is_hopeless(machine)


def test_the_time_begins_anew_with_every_restart(machine: Machine, clock: list[float], tmp_path: Path) -> None:
    boot_trouble.clear(machine)
    assert tries_until(machine, clock, PROVEN_SECONDS + 1)
    assert not tries_until(replace(machine, memory=tmp_path / "fresh"), clock, PROVEN_SECONDS - 1)


def test_a_site_that_is_up_on_a_full_disk_is_up(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "lib").write_text("no folder can be made here")
    boot_trouble.clear(machine)
    assert boot_trouble.read(machine) is None
