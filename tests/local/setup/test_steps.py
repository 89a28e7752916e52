"""Set-up prints its plan first, runs independent steps at the same time, and continues after a failure."""

import threading
from dataclasses import dataclass

import pytest

from local.setup import steps as setup
from local.setup.steps import Need, Reporter, SetupError


@dataclass
class FakeStep:
    name: str
    made: list[str]
    after: tuple[str, ...] = ()
    present: bool = False
    problem: str = ""
    waits_for: threading.Event | None = None
    sets: threading.Event | None = None

    def missing(self) -> Need | None:
        return None if self.present else Need(what=f"the {self.name}", how="by magic", seconds=7)

    def make(self, report: Reporter) -> None:
        if self.problem:
            raise SetupError(self.problem)
        if self.sets:
            self.sets.set()
        if self.waits_for and not self.waits_for.wait(timeout=10):
            raise SetupError("ran alone")
        self.made.append(self.name)


def test_on_a_complete_machine_nothing_is_printed_or_made(capsys: pytest.CaptureFixture[str]) -> None:
    made: list[str] = []
    setup.prepare([FakeStep("engine", made, present=True)])
    assert made == []
    assert capsys.readouterr().err == ""


def test_everything_missing_is_listed_before_anything_is_made(capsys: pytest.CaptureFixture[str]) -> None:
    setup.prepare([FakeStep("engine", []), FakeStep("docker", [])])
    lines = capsys.readouterr().err.splitlines()
    plan = [index for index, line in enumerate(lines) if "by magic" in line]
    first_work = next(index for index, line in enumerate(lines) if "ready after" in line)
    assert len(plan) == 2
    assert max(plan) < first_work


def test_a_step_waits_for_the_steps_it_needs() -> None:
    made: list[str] = []
    setup.prepare([FakeStep("images", made, after=("docker",)), FakeStep("docker", made)])
    assert made == ["docker", "images"]


def test_a_step_does_not_wait_for_one_that_has_nothing_to_do() -> None:
    made: list[str] = []
    setup.prepare([FakeStep("images", made, after=("docker",)), FakeStep("docker", made, present=True)])
    assert made == ["images"]


def test_independent_steps_run_at_the_same_time() -> None:
    made: list[str] = []
    one, two = threading.Event(), threading.Event()
    setup.prepare([FakeStep("a", made, sets=one, waits_for=two), FakeStep("b", made, sets=two, waits_for=one)])
    assert sorted(made) == ["a", "b"]


def test_a_failure_names_the_step_and_skips_only_steps_that_need_it() -> None:
    made: list[str] = []
    steps = [
        FakeStep("docker", made, problem="no such engine"),
        FakeStep("images", made, after=("docker",)),
        FakeStep("engine", made),
    ]
    with pytest.raises(SetupError, match="Set-up of docker: no such engine"):
        setup.prepare(steps)
    assert made == ["engine"]
