import json
from typing import Any

import pytest

from infra.machine import remote, status
from infra.release.errors import ReleaseError
from tests.infra.machine.fake_machine import KEY, TO, FakeMachine


def test_what_the_machine_says_is_read_and_what_a_later_program_adds_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = FakeMachine(monkeypatch)
    machine.status["added"] = 1
    assert status.read(machine.session, TO).release == KEY


@pytest.mark.parametrize("said", ["", "no json", json.dumps({"release": None})])
def test_another_answer_is_an_error_that_shows_it(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    def run(*_: Any) -> str:
        return said

    monkeypatch.setattr(remote, "run", run)
    machine: Any = None
    with pytest.raises(ReleaseError, match=f"answered something else: {said}"):
        status.read(machine, TO)
