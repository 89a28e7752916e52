"""The order of a deploy, and what a failure leaves behind; Docker and iptables are recorded, not run."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from infra.machine.program import certificate, deploy, images, secrets, shell, site, slot_containers, slots
from infra.machine.program.errors import MachineError
from infra.machine.program.machine import Machine
from infra.machine.program.release import Release
from infra.machine.program.slots import BLUE, GREEN

RELEASE = Release(
    version="one",
    images=["r/web@sha256:1"],
    registry="r",
    compose={"services": {}},
    secrets={"web": {"SECRET_KEY": "SECRET_KEY"}},
    secret_arn="arn:secret",
    secret_version="v1",
    prepare=["prepare"],
    migrate=["migrate"],
    hosts=["app.preqly.com"],
    application_role="arn:role",
    certificate_secret="arn:certificate",
    zone_id="Z1",
    acme_server="https://acme.test/directory",
    address="eipalloc-1",
    program="programs/1.zip",
)


@dataclass
class Programs:
    """Every command line that was run; `fails` are the words of those that end with exit code 1."""

    door: str = ""
    """Address the rule names."""
    fails: tuple[str, ...] = ()
    lines: list[str] = field(default_factory=list)

    def attempt(self, *command: str, stdin: str | None = None, **_: Any) -> "subprocess.CompletedProcess[str]":
        line = " ".join(command)
        self.lines.append(line)
        output = ""
        if "-S PREQLY" in line and self.door:
            output = f"-A PREQLY -p tcp -m tcp --dport 443 -j DNAT --to-destination {self.door}:8443\n"
        if command[0] == "iptables-restore":
            assert stdin is not None
            self.door = stdin.partition("--to ")[2].partition(":")[0]
        code = 1 if any(word in line for word in self.fails) else 0
        return subprocess.CompletedProcess(command, code, output, "it said why" if code else "")

    def place(self, words: str) -> int:
        """Where in the order a command with these words came."""
        return next(index for index, line in enumerate(self.lines) if words in line)


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Programs:
    recorded = Programs()
    for module in (shell, slots, images):
        monkeypatch.setattr(module, "attempt", recorded.attempt)
    monkeypatch.setattr(slot_containers, "DRAIN_SECONDS", 0)
    monkeypatch.setattr(site, "wait", lambda *_: None)
    monkeypatch.setattr(deploy, "fetch", lambda *_: RELEASE)
    monkeypatch.setattr(certificate, "place", lambda *_: None)
    monkeypatch.setattr(secrets, "read", lambda *_: {"SECRET_KEY": "x"})
    monkeypatch.setattr(secrets, "write", lambda *_: None)
    return recorded


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(region="us-east-1", bucket="b", parameter="/p", memory=tmp_path / "run", disk=tmp_path / "lib")


Run = Callable[[], str]


@pytest.fixture
def run(machine: Machine) -> Run:
    return lambda: deploy.deploy(None, machine, "releases/1.json")


def test_a_release_starts_beside_the_old_one_which_goes_last(programs: Programs, machine: Machine, run: Run) -> None:
    assert run() == "blue"
    assert run() == "green"
    assert programs.door == GREEN.address
    last = programs.lines[programs.lines.index(next(line for line in programs.lines if "preqly-green" in line)) :]
    order = [
        next(i for i, line in enumerate(last) if words in line)
        for words in (
            "migrate migrate",
            "preqly-green --file",
            "iptables-restore",
            "preqly-blue --file",
        )
    ]
    assert order[1] <= order[0] < order[2] < order[3]
    assert deploy.serving(machine) == ("releases/1.json", GREEN)


def test_a_migration_that_fails_starts_nothing_and_keeps_the_door(programs: Programs, run: Run) -> None:
    programs.door, programs.fails = BLUE.address, ("run --rm",)
    with pytest.raises(MachineError, match=r"migration failed.*exit code 1\nlast lines:\n  it said why"):
        run()
    assert not any(" up " in line or "iptables-restore" in line for line in programs.lines)
    assert programs.door == BLUE.address


def test_a_release_that_does_not_become_healthy_is_removed_and_the_old_one_serves(programs: Programs, run: Run) -> None:
    programs.door, programs.fails = BLUE.address, (" up ",)
    with pytest.raises(MachineError, match="Task failed container health checks"):
        run()
    assert programs.door == BLUE.address
    assert any("preqly-green" in line and " down " in line for line in programs.lines)
    assert not any("preqly-blue" in line for line in programs.lines)


def test_a_release_that_does_not_answer_through_its_proxy_is_removed(
    programs: Programs, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise MachineError("Health checks failed: it answers 500")

    monkeypatch.setattr(site, "wait", never)
    programs.door = GREEN.address
    with pytest.raises(MachineError, match="it answers 500"):
        run()
    assert programs.door == GREEN.address
    assert any("preqly-blue" in line and " down " in line for line in programs.lines)


def test_a_release_is_prepared_in_the_free_slot(programs: Programs, machine: Machine) -> None:
    programs.door = BLUE.address
    deploy.prepare(None, machine, "releases/1.json")
    assert any("preqly-green" in line and line.endswith("migrate prepare") for line in programs.lines)
    assert json.loads((machine.memory / "green" / "compose.json").read_text()) == {"services": {}}
