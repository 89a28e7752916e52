"""What counts as a release that serves, and what is said of one that does not."""

import pytest

from infra.machine import verdict
from infra.machine.verdict import verify
from infra.release.errors import ReleaseError
from tests.infra.machine.fake_machine import EARLIER_KEY, KEY, PARAMETER, TO, FakeMachine


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> FakeMachine:
    return FakeMachine(monkeypatch)


def judged(machine: FakeMachine) -> str | None:
    return verify(machine.session, TO, PARAMETER, KEY, machine.told.append).release


def test_a_machine_that_serves_the_release_and_answers_is_good(machine: FakeMachine) -> None:
    assert judged(machine) == KEY
    assert machine.order == []


def test_the_release_of_record_is_deployed_when_an_update_that_was_cut_off_left_another_one(
    machine: FakeMachine,
) -> None:
    machine.status["release"] = EARLIER_KEY
    assert judged(machine) == KEY
    assert machine.order == [f"deploy {KEY} {EARLIER_KEY}"]


def test_what_another_deploy_left_is_removed(machine: FakeMachine) -> None:
    machine.status["stale"] = ["preqly-green web Up 3 minutes"]
    assert judged(machine) == KEY
    assert machine.order == [f"deploy {KEY} {KEY}"]


def test_somebody_elses_rollback_is_not_deployed_over(machine: FakeMachine) -> None:
    machine.status["release"] = machine.parameter = EARLIER_KEY
    with pytest.raises(ReleaseError, match=r"names releases/1+\.json, not .*`python -m ops rollback`"):
        judged(machine)
    assert machine.order == []


def test_a_site_that_does_not_answer_fails_the_update_with_its_cause_states_and_lines(machine: FakeMachine) -> None:
    machine.status["problem"] = (
        "it answers 502: web: Restarting (1) 2 seconds ago\nlast lines:\n  web-1  | ImportError: No module named films"
    )
    with pytest.raises(ReleaseError) as failed:
        judged(machine)
    said = str(failed.value)
    assert said.startswith(f"The release {KEY} does not answer, on instance i-1.\nit answers 502")
    assert "ImportError" in said
    assert "container preqly-blue web Up 5 seconds (healthy)" in said


def test_a_machine_at_work_is_waited_for(machine: FakeMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.status |= {"release": EARLIER_KEY, "at_work": f"deploy {KEY}, since 12:00"}

    def ended(_: float) -> None:
        machine.status |= {"release": KEY, "at_work": ""}

    monkeypatch.setattr("time.sleep", ended)
    assert judged(machine) == KEY
    assert machine.order == []


def test_a_machine_that_works_without_end_fails_the_update(
    machine: FakeMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdict, "ROLLOUT_SECONDS", 0)
    machine.status |= {"release": None, "at_work": "deploy releases/3.json, since 12:00"}
    with pytest.raises(ReleaseError, match=r"does not serve, nothing does, on instance i-1\.\nat work: deploy"):
        judged(machine)


def test_a_deploy_that_cannot_repair_says_why(machine: FakeMachine) -> None:
    machine.status["release"] = None
    machine.answers["deploy"] = "!CannotPullContainerError: r/web: exit code 1\nlast lines:\n  not found"
    with pytest.raises(ReleaseError, match=r"deployed again: CannotPull(.|\n)*cause: the image cannot be p"):
        judged(machine)
