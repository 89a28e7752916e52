"""Why a machine's site does not come up, in the machine's own words."""

import time
from typing import Any, cast

import boto3
import pytest

from infra.machine import status, trouble
from infra.machine.remote import NotReadyError
from infra.machine.status import Status
from infra.machine.trouble import last_words, refuse_trouble
from infra.release.errors import ReleaseError
from tests.infra.machine.fake_machine import TO

WHY = "CannotPullContainerError: r/web@sha256:1: exit code 1\nlast lines:\n  manifest unknown"


class Console:
    """EC2, with what the machine's console shows."""

    def client(self, _: str) -> "Console":
        return self

    def get_console_output(self, **_: Any) -> dict[str, str]:
        return {"Output": "\n".join([*(f"boot {number}" for number in range(30)), "E: no docker.io", ""])}


AWS = cast(boto3.Session, Console())


def tried(monkeypatch: pytest.MonkeyPatch, tries: int, seconds: float) -> None:
    boot = {"tries": tries, "since": time.time() - seconds, "why": WHY}
    found = Status(release=None, problem="nothing serves", at_work="", containers=[], stale=[], boot=boot)
    monkeypatch.setattr(status, "read", lambda *_: found)


def not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: Any) -> None:
        raise NotReadyError("the agent of Systems Manager on instance i-1 has not reported yet")

    monkeypatch.setattr(status, "read", read)


def test_a_machine_that_tried_often_enough_fails_the_update_with_what_it_met(monkeypatch: pytest.MonkeyPatch) -> None:
    tried(monkeypatch, 3, 130)
    with pytest.raises(ReleaseError) as failed:
        refuse_trouble(AWS, TO, "i-1")
    said = str(failed.value)
    assert "did not come up on instance i-1, which has tried 3 times. The last time:\nCannotPull" in said
    assert "manifest unknown" in said
    assert "cause: the image cannot be pulled" in said


@pytest.mark.parametrize(("tries", "seconds"), [(2, 500), (9, 60)])
def test_what_may_pass_is_waited_for(monkeypatch: pytest.MonkeyPatch, tries: int, seconds: float) -> None:
    tried(monkeypatch, tries, seconds)
    refuse_trouble(AWS, TO, "i-1")


def test_a_machine_that_cannot_be_asked_yet_has_time(monkeypatch: pytest.MonkeyPatch) -> None:
    not_there(monkeypatch)
    refuse_trouble(AWS, TO, "i-1")


def test_the_last_words_of_a_machine_without_an_agent_are_its_consoles(monkeypatch: pytest.MonkeyPatch) -> None:
    not_there(monkeypatch)
    said = last_words(AWS, TO, "i-1").splitlines()
    assert said[0].endswith("has not reported yet")
    assert said[-1] == "  E: no docker.io"
    assert len(said) == 2 + trouble.CONSOLE_LINES
