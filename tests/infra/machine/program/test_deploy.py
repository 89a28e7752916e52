"""The order of a deploy, and what a failure leaves behind; Docker and iptables are recorded, not run."""

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from infra.machine.program import (
    certificate,
    deploy,
    images,
    instance,
    migrations,
    secrets,
    shell,
    site,
    slot_containers,
    slots,
)
from infra.machine.program.errors import MachineError
from infra.machine.program.machine import Machine
from infra.machine.program.release import Release
from infra.machine.program.serving import serving
from infra.machine.program.slots import BLUE, GREEN

RELEASE = Release(
    version="one",
    images=["r/web@sha256:1"],
    registry="r",
    compose={
        "services": {
            "network": {},
            "web": {"network_mode": "service:network"},
            "proxy": {"network_mode": "service:network"},
            "migrate": {"profiles": ["once"]},
        }
    },
    secrets={"web": {"SECRET_KEY": "SECRET_KEY"}},
    secret_arn="arn:secret",
    secret_version="v1",
    prepare=["prepare"],
    migrate=["migrate"],
    state=["state"],
    retire=["retire"],
    hosts=["app.preqly.com"],
    application_role="arn:role",
    preparation_role="arn:preparation",
    certificate_secret="arn:certificate",
    zone_id="Z1",
    acme_server="https://acme.test/directory",
    address="eipalloc-1",
    program="programs/1.zip",
    architecture="arm64",
)


@dataclass
class Programs:
    """Every command line that was run; `fails` are the words of those that end with exit code 1."""

    door: str = ""
    """Address the rule names."""
    fails: tuple[str, ...] = ()
    says: dict[str, str] = field(default_factory=dict)
    """What programs print, by words of their command lines."""
    problem: str = ""
    """Of the site, when a slot is asked."""
    address: int = 0
    """How often the Elastic IP was taken."""
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
        output = next((said for words, said in self.says.items() if words in line), output)
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


KEY, NEXT = "releases/1.json", "releases/2.json"
Run = Callable[[], str]


@pytest.fixture
def run(machine: Machine) -> Run:
    return lambda: deploy.deploy(None, machine, KEY)


def test_a_release_starts_beside_the_old_one_which_goes_last(programs: Programs, machine: Machine, run: Run) -> None:
    assert run() == "blue"
    assert deploy.deploy(None, machine, NEXT) == "green"
    assert programs.door == GREEN.address
    last = programs.lines[programs.lines.index(next(line for line in programs.lines if "preqly-green" in line)) :]
    order = [
        next(i for i, line in enumerate(last) if words in line)
        for words in (
            "migrate migrate",
            " up --detach",
            "iptables-restore",
            "preqly-blue --file",
        )
    ]
    assert order == sorted(order)
    assert serving(machine) == (NEXT, GREEN)


def test_a_slot_keeps_its_network_until_the_last_answer_is_delivered(
    programs: Programs, machine: Machine, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[str] = []
    monkeypatch.setattr(time, "sleep", lambda _: slept.append(programs.lines[-1]))
    run()
    deploy.deploy(None, machine, NEXT)
    stopped = next(line for line in programs.lines if "preqly-blue" in line and " stop " in line)
    assert stopped.endswith("web proxy")
    assert slept == [stopped]
    assert programs.place(" stop ") < next(
        index for index, line in enumerate(programs.lines) if "preqly-blue" in line and " down " in line
    )


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
    assert json.loads((machine.memory / "green" / "compose.json").read_text()) == RELEASE.compose


def test_a_release_that_serves_is_not_started_again_but_what_a_kill_left_beside_it_goes(
    programs: Programs, run: Run
) -> None:
    run()
    programs.lines.clear()
    programs.says["--filter label=com.docker.compose.project=preqly-green"] = "0a1b 2c3d"
    assert run() == "blue"
    assert not any(" up " in line or "migrate migrate" in line for line in programs.lines)
    assert "docker rm --force --volumes 0a1b 2c3d" in programs.lines
    assert programs.address == 2


def test_a_release_that_serves_but_does_not_answer_is_started_again_beside_it(programs: Programs, run: Run) -> None:
    run()
    programs.problem = "it answers 502"
    assert run() == "green"


def test_a_release_is_deployed_only_in_place_of_the_one_that_its_deploy_was_meant_for(
    programs: Programs, machine: Machine, run: Run
) -> None:
    run()
    programs.lines.clear()
    with pytest.raises(MachineError, match=r"Refused: somebody else has deployed releases/1\.json meanwhile"):
        deploy.deploy(None, machine, NEXT, "releases/0.json")
    assert not any("docker" in line for line in programs.lines)
    assert deploy.deploy(None, machine, NEXT, KEY) == "green"


def test_what_a_deploy_that_was_cut_off_left_in_the_free_slot_goes_first(programs: Programs, run: Run) -> None:
    programs.says["--filter label=com.docker.compose.project=preqly-blue"] = "dead"
    run()
    assert programs.place("docker rm --force --volumes dead") < programs.place("migrate migrate")


def test_what_was_migrated_for_a_release_is_remembered_until_it_is_on_record(
    programs: Programs, machine: Machine, run: Run
) -> None:
    state = {"event": "release_state", "unapplied": ["core.0002_b"], "unknown": [], "heads": {}}
    programs.says["migrate prepare"] = f"some line\n{json.dumps(state)}\n"
    deploy.prepare(None, machine, KEY)
    assert migrations.run_for(machine, KEY) == []
    run()
    programs.says["migrate prepare"] = json.dumps({**state, "unapplied": []})
    deploy.prepare(None, machine, KEY)
    run()
    assert migrations.run_for(machine, KEY) == ["core.0002_b"]
    assert migrations.run_for(machine, NEXT) == []


def test_a_question_about_the_database_starts_and_changes_nothing(programs: Programs, machine: Machine) -> None:
    programs.door = BLUE.address
    deploy.state(None, machine, NEXT)
    assert any("preqly-green" in line and line.endswith("migrate state") for line in programs.lines)
    assert not any(" up " in line for line in programs.lines)
    assert programs.door == BLUE.address


def test_roles_are_retired_by_the_release_that_serves_when_it_is_alone(
    programs: Programs, machine: Machine, run: Run
) -> None:
    run()
    deploy.retire(None, machine, KEY)
    other, ended = "--filter label=com.docker.compose.project=preqly-green", "migrate retire"
    assert max(i for i, line in enumerate(programs.lines) if other in line) < programs.place(ended)
    with pytest.raises(MachineError, match=r"releases/1\.json serves, not releases/2\.json"):
        deploy.retire(None, machine, NEXT)


@pytest.mark.parametrize(
    ("happened", "words"),
    [
        ([("web", "die", "3"), ("proxy", "die", "143")], "container web ended with exit code 3"),
        ([("proxy", "die", "143"), ("web", "die", "1")], "container web ended with exit code 1"),
        ([("web", "oom", ""), ("web", "die", "137")], "OutOfMemoryError: container web"),
        ([("web", "health_status: unhealthy", "")], "Task failed container health checks: container web"),
    ],
)
def test_the_engines_events_say_which_container_failed_and_how(
    programs: Programs, run: Run, happened: list[tuple[str, str, str]], words: str
) -> None:
    events = [
        {"Action": action, "Actor": {"Attributes": {"com.docker.compose.service": name, "exitCode": code}}}
        for name, action, code in happened
    ]
    programs.says["docker events"] = "\n".join(json.dumps(event) for event in events)
    programs.fails = (" up ",)
    with pytest.raises(MachineError, match=words):
        run()
    assert any(line.endswith("--tail 15 web") for line in programs.lines)


def test_a_command_that_takes_too_long_does_not_go_on_in_its_container(
    programs: Programs, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def attempt(*command: str, **named: Any) -> "subprocess.CompletedProcess[str]":
        done = programs.attempt(*command, **named)
        return subprocess.CompletedProcess(command, 124, "", "") if "run --rm" in " ".join(command) else done

    monkeypatch.setattr(shell, "attempt", attempt)
    programs.says["label=com.docker.compose.oneoff=True"] = "0a1b"
    with pytest.raises(MachineError, match="did not end in 3600 s"):
        run()
    assert programs.place("docker rm --force --volumes 0a1b") > programs.place("run --rm")
