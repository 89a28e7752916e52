"""What the machine says of itself."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.machine.program import boot_trouble, migrations, shell, site, slots, status
from infra.machine.program.lock import alone
from infra.machine.program.machine import Machine
from infra.machine.program.slot_containers import SlotContainers
from infra.machine.program.slots import BLUE
from tests.infra.machine.program.programs import Programs
from tests.infra.machine.program.releases import KEY, RELEASE

ROWS = "\n".join(
    [
        "preqly-blue\tweb\tUp 2 minutes (healthy)",
        "preqly-blue\tnetwork\tUp 2 minutes (healthy)",
        "preqly-green\tweb\tExited (1) 3 seconds ago",
        "\t\tUp 5 seconds",
    ]
)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(region="r", bucket="b", parameter="/p", log_group="app", memory=tmp_path, disk=tmp_path / "lib")


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Programs:
    recorded = Programs(says={"docker ps --all --format": ROWS})
    monkeypatch.setattr(shell, "attempt", recorded.attempt)
    monkeypatch.setattr(slots, "attempt", recorded.attempt)
    monkeypatch.setattr(status, "fetch", lambda *_: RELEASE)
    monkeypatch.setattr(site, "problem", lambda *_: recorded.problem)
    return recorded


def said(machine: Machine) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(status.status(None, machine))
    return found


def test_the_release_its_slot_its_containers_and_the_stale_ones_are_named(machine: Machine, programs: Programs) -> None:
    programs.door = BLUE.address
    SlotContainers(machine, BLUE).write(RELEASE, KEY)
    found = said(machine)
    assert (found["release"], found["slot"], found["problem"], found["at_work"]) == (KEY, "blue", "", "")
    assert found["containers"] == [
        "preqly-blue web Up 2 minutes (healthy)",
        "preqly-green web Exited (1) 3 seconds ago",
    ]
    assert found["stale"] == ["preqly-green web Exited (1) 3 seconds ago"]


def test_a_site_that_does_not_answer_brings_the_states_and_last_lines_of_its_containers(
    machine: Machine, programs: Programs
) -> None:
    programs.door, programs.problem = BLUE.address, "it answers 502"
    programs.says["logs --no-color"] = "web-1  | ImportError: No module named films\n"
    SlotContainers(machine, BLUE).write(RELEASE, KEY)
    assert said(machine)["problem"].endswith("last lines:\n  web-1  | ImportError: No module named films")


def test_nothing_is_waited_for(machine: Machine, programs: Programs) -> None:
    with alone(machine, "deploy releases/2.json"):
        assert said(machine)["at_work"].startswith("deploy releases/2.json")


def test_a_machine_that_does_not_come_up_says_how_often_it_tried_and_why(machine: Machine, programs: Programs) -> None:
    boot_trouble.add(machine, "the first reason")
    boot_trouble.add(machine, "the last reason")
    found = said(machine)
    assert (found["release"], found["problem"]) == (None, "nothing serves")
    assert (found["boot"]["tries"], found["boot"]["why"]) == (2, "the last reason")
    boot_trouble.clear(machine)
    assert said(machine)["boot"] is None


def test_the_migrations_of_this_release_are_told(machine: Machine, programs: Programs) -> None:
    programs.door = BLUE.address
    SlotContainers(machine, BLUE).write(RELEASE, KEY)
    migrations.found(machine, KEY, json.dumps({"event": "release_state", "unapplied": ["core.0001_a"]}))
    migrations.ran(machine, KEY)
    assert said(machine)["migrated"] == ["core.0001_a"]
