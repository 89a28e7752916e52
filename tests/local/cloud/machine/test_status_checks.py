"""EC2's status checks: who ended, and whose processes do not get to run."""

import time
from types import SimpleNamespace
from typing import Any

import pytest

from local.cloud.machine import status_checks
from local.cloud.machine.status_checks import StatusChecks, answers
from local.images.machine.vitals import answer_status_checks
from tests.local.cloud.clouds import free_port
from tests.waiting import wait_until


def container(status: str = "running") -> Any:
    return SimpleNamespace(status=status, attrs={"NetworkSettings": {"Networks": {"vpc": {"IPAddress": "127.0.0.1"}}}})


def test_an_instance_that_ended_fails_at_once() -> None:
    found = StatusChecks("vpc").impaired({"i-1": container("exited"), "i-2": container("created")})
    assert found == {"i-1"}


def test_an_instance_that_is_silent_fails_after_a_while_and_not_when_it_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alive = [True]
    monkeypatch.setattr(status_checks, "answers", lambda _: alive[0])
    monkeypatch.setattr(status_checks, "EVERY_SECONDS", 0.0)
    monkeypatch.setattr(status_checks, "SILENT_SECONDS", 0.5)
    checks, running = StatusChecks("vpc"), {"i-1": container()}
    wait_until(lambda: not checks.impaired(running) and "i-1" in checks._answered)
    alive[0] = False
    wait_until(lambda: checks.impaired(running) == {"i-1"})
    alive[0] = True
    wait_until(lambda: not checks.impaired(running))
    checks.close()


@pytest.mark.parametrize(("status", "fails"), [("running", False), ("paused", True)])
def test_an_instance_that_never_answered_may_be_out_of_reach_unless_it_stands_still(
    monkeypatch: pytest.MonkeyPatch, status: str, fails: bool
) -> None:
    monkeypatch.setattr(status_checks, "answers", lambda _: False)
    monkeypatch.setattr(status_checks, "SILENT_SECONDS", 0.1)
    checks, there = StatusChecks("vpc"), {"i-1": container(status)}
    assert not checks.impaired(there)
    time.sleep(0.2)
    assert bool(checks.impaired(there)) == fails
    checks.close()


def test_the_first_process_answers() -> None:
    port = free_port()
    assert not answers("127.0.0.1", port)
    server = answer_status_checks(port)
    try:
        assert answers("127.0.0.1", port)
    finally:
        server.shutdown()
        server.server_close()
