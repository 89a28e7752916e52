"""What compose is told for a slot."""

import json
import re
import subprocess
from typing import Any

import pytest

from infra.machine.compose import render_compose
from infra.machine.program import credentials, shell
from infra.machine.program.machine import Machine
from infra.machine.program.slot_containers import SlotContainers
from infra.machine.program.slots import BLUE
from tests.infra.machine.program.releases import KEY, RELEASE
from tests.infra.machine.test_compose import MIGRATE, PROXY, TARGET, WEB


def test_every_variable_of_a_slots_document_is_filled_in(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, str] = {}

    def attempt(*command: str, environment: dict[str, str], **_: Any) -> "subprocess.CompletedProcess[str]":
        told.update(environment)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(shell, "attempt", attempt)
    containers = SlotContainers(machine, BLUE)
    containers.write(RELEASE, KEY)
    containers.start()
    asked = re.findall(r"\$\{(\w+)\}", json.dumps(render_compose([WEB, PROXY], [MIGRATE], TARGET, PROXY.image)))
    assert set(asked) == {name for name, value in told.items() if value}
    assert told["SLOT_CREDENTIALS"] == credentials.serving_path(machine)
    assert told["SLOT_PREPARATION"] == credentials.preparation_path(machine)
