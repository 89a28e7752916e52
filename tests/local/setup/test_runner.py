"""The plan before the work, the order of the steps, and what happens when one fails."""

import threading
from dataclasses import dataclass, field

import pytest

from local.setup import runner
from local.setup.step import Need, Say, SetupError


@dataclass
class FakeStep:
    name: str
    made: list[str]
    after: tuple[str, ...] = ()
    present: bool = False
    problem: str = ""
    waits_for: threading.Event | None = None
    sets: threading.Event | None = None
    told: list[str] = field(default_factory=list)

    def missing(self) -> Need | None:
        return None if self.present else Need(what=f"the {self.name}", how="by magic", seconds=7)

    def make(self, say: Say) -> None:
        if self.problem:
            raise SetupError(self.problem)
        if self.sets:
            self.sets.set()
        if self.waits_for and not self.waits_for.wait(timeout=10):
            raise SetupError("ran alone")
        self.made.append(self.name)


def test_a_ready_machine_gets_no_word_and_no_work(capsys: pytest.CaptureFixture[str]) -> None:
    made: list[str] = []
    runner.prepare([FakeStep("engine", made, present=True)])
    assert made == []
    assert capsys.readouterr().err == ""


def test_everything_missing_is_listed_before_anything_is_made(capsys: pytest.CaptureFixture[str]) -> None:
    runner.prepare([FakeStep("engine", []), FakeStep("docker", [])])
    lines = capsys.readouterr().err.splitlines()
    plan = [index for index, line in enumerate(lines) if "by magic" in line]
    first_work = next(index for index, line in enumerate(lines) if "ready after" in line)
    assert len(plan) == 2
    assert max(plan) < first_work


def test_a_step_waits_for_what_it_builds_on() -> None:
    made: list[str] = []
    runner.prepare([FakeStep("images", made, after=("docker",)), FakeStep("docker", made)])
    assert made == ["docker", "images"]


def test_what_is_already_there_holds_nobody_up() -> None:
    made: list[str] = []
    runner.prepare([FakeStep("images", made, after=("docker",)), FakeStep("docker", made, present=True)])
    assert made == ["images"]


def test_independent_steps_run_at_the_same_time() -> None:
    made: list[str] = []
    one, two = threading.Event(), threading.Event()
    runner.prepare([FakeStep("a", made, sets=one, waits_for=two), FakeStep("b", made, sets=two, waits_for=one)])
    assert sorted(made) == ["a", "b"]


def test_a_failure_names_the_step_and_spares_only_what_builds_on_it() -> None:
    made: list[str] = []
    steps = [
        FakeStep("docker", made, problem="no such engine"),
        FakeStep("images", made, after=("docker",)),
        FakeStep("engine", made),
    ]
    with pytest.raises(SetupError, match="Set-up of docker: no such engine"):
        runner.prepare(steps)
    assert made == ["engine"]
