"""What a deploy that fails leaves behind, and the cause it names."""

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from infra.machine.program import deploy, images, shell, site
from infra.machine.program.errors import MachineError
from infra.machine.program.machine import Machine
from infra.machine.program.slots import BLUE, GREEN
from tests.infra.machine.program.conftest import Run
from tests.infra.machine.program.programs import Programs
from tests.infra.machine.program.releases import NEXT

Work = Callable[[Any, Machine, str], str]


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


PRUNE = "docker image prune --all --force"


@pytest.mark.parametrize(
    ("work", "fails"),
    [
        (deploy.prepare, "docker pull"),
        (deploy.prepare, "migrate prepare"),
        (deploy.state, "migrate state"),
        (deploy.deploy, "migrate migrate"),
        (deploy.deploy, " up "),
    ],
)
def test_a_release_that_fails_leaves_no_images_beside_one_that_serves(
    programs: Programs, machine: Machine, run: Run, monkeypatch: pytest.MonkeyPatch, work: Work, fails: str
) -> None:
    run()
    programs.lines.clear()
    programs.fails = ("docker image inspect", fails)
    monkeypatch.setattr(images, "_login", lambda *_: machine.memory)
    monkeypatch.setattr(images, "run", shell.run)
    with pytest.raises(MachineError):
        work(None, machine, NEXT)
    assert programs.lines[-1] == PRUNE


def test_where_none_serves_the_next_try_finds_the_images(programs: Programs, run: Run) -> None:
    programs.fails = (" up ",)
    with pytest.raises(MachineError):
        run()
    assert PRUNE not in programs.lines


def test_what_was_prepared_waits_for_its_deploy(programs: Programs, machine: Machine, run: Run) -> None:
    run()
    programs.lines.clear()
    deploy.prepare(None, machine, NEXT)
    assert PRUNE not in programs.lines


def events(*happened: tuple[str, str, str]) -> str:
    """What the engine says of containers: name, what happened, exit code."""
    return "\n".join(
        json.dumps({"Action": action, "Actor": {"Attributes": {"com.docker.compose.service": name, "exitCode": code}}})
        for name, action, code in happened
    )


def test_what_ends_after_it_was_healthy_is_named_as_well(
    programs: Programs, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise MachineError("Task failed health checks: it answers 502")

    monkeypatch.setattr(site, "wait", never)
    programs.says["docker events"] = events(("web", "oom", ""), ("web", "die", "137"))
    with pytest.raises(MachineError, match=r"OutOfMemoryError: container web.*it answers 502"):
        run()
    assert any(line.endswith("--tail 15 web") for line in programs.lines)


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
    programs.says["docker events"] = events(*happened)
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
