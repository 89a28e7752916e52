"""The order of a deploy, and what a machine does when it serves the release already or was cut off."""

import json
import time

import pytest

from infra.machine.program import deploy, migrations
from infra.machine.program.errors import MachineError
from infra.machine.program.machine import Machine
from infra.machine.program.serving import serving
from infra.machine.program.slots import BLUE, GREEN
from tests.infra.machine.program.conftest import Run
from tests.infra.machine.program.programs import Programs
from tests.infra.machine.program.releases import KEY, NEXT, RELEASE


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
