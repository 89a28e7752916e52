"""Runs that fail for a reason outside the program: each names it, and the same command continues from there.

One stack from its first deployment on; the tests run in this order."""

from collections.abc import Iterator

import pytest

from embedded_cloud.testing.broken_api import BrokenApi, broken_api, connection_lost, token_expired
from embedded_cloud.testing.engine_stack import engine_marks
from tests.recovery.forked_command import Outcome
from tests.recovery.killable_stack import KillableStack

pytestmark = engine_marks

CONNECTION_LOST = "Connection was closed before we received a valid response"


@pytest.fixture(scope="module", autouse=True)
def api() -> Iterator[BrokenApi]:
    """Faults in front of AWS's API."""
    with pytest.MonkeyPatch.context() as patch:
        yield broken_api(patch)


def assert_failed(outcome: Outcome, reason: str) -> None:
    assert not outcome.succeeded
    assert reason in outcome.printed
    assert "Traceback" not in outcome.printed


def test_a_token_that_expires_in_the_middle_is_reported(api: BrokenApi, stack: KillableStack) -> None:
    api.fault, api.good = token_expired, 120
    assert_failed(stack.run("up"), "The security token included in the request is expired (ExpiredToken")


def test_a_network_lost_in_the_middle_is_reported(api: BrokenApi, stack: KillableStack) -> None:
    api.fault, api.good = connection_lost, 120
    assert_failed(stack.run("up"), CONNECTION_LOST)


def test_without_a_network_nothing_is_created(api: BrokenApi, stack: KillableStack) -> None:
    before = set(stack.done)
    api.fault, api.good = connection_lost, 0
    assert_failed(stack.run("up"), CONNECTION_LOST)
    assert stack.done == before


def test_the_same_command_converges_once_the_cause_is_removed(api: BrokenApi, stack: KillableStack) -> None:
    api.mend()
    outcome = stack.run("up")
    assert outcome.succeeded, outcome.printed
    assert stack.run("up").changes == {}
    assert stack.orphans() == set()


def test_a_full_disk_is_reported_and_the_same_command_converges_on_an_empty_one(stack: KillableStack) -> None:
    # One update: the engine retries each write of its state for seconds.
    settings = {"preqly:databaseBackupDays": 8}
    assert_failed(stack.run("up", file_bytes=50_000, settings=settings), "file too large")
    outcome = stack.run("up", settings=settings)
    assert outcome.succeeded, outcome.printed
    assert stack.run("up", settings=settings).changes == {}
