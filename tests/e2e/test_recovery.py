"""The engine killed in the middle, whenever that is: the same command goes on, and nothing is left that nobody knows.

Here it is killed after every STEP-th operation; `PREQLY_KILL_EVERY=1` does so after each one, which takes minutes.
The tests run in this order.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from local.stack import STACK
from local.state import pending_operations
from tests.e2e.engine_stand import EngineStand, engine_stand
from tests.e2e.inventory import inventory, unknown_to
from tests.engine_stack import engine_marks

pytestmark = engine_marks

STEP = int(os.environ.get("PREQLY_KILL_EVERY", "24"))
MANY = 400
RAISED = {"preqly:minTasks": 3, "preqly:secretsGeneration": 2, "preqly:databaseBackupDays": 8}


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineStand]:
    with pytest.MonkeyPatch.context() as patch, engine_stand(tmp_path_factory.mktemp("stand"), patch) as made:
        yield made


@pytest.fixture(scope="module")
def before(stand: EngineStand) -> set[str]:
    """What an account holds that nobody has used yet."""
    return inventory(stand.aws)


def kill_until_done(stand: EngineStand, command: str, step: int, **more: Any) -> int:
    """Repeat the command; how often it was killed until it came to its end."""
    stand.done.clear()
    for kills in range(MANY):
        ended = stand.run(command, kill_after=step, parallel=1, **more)
        if ended.succeeded:
            return kills
        assert "was killed" in ended.said, ended.said
    raise AssertionError(f"{command} does not converge")


def test_a_first_deployment_killed_after_the_nth_operation_converges(stand: EngineStand, before: set[str]) -> None:
    assert before
    kills = kill_until_done(stand, "up", STEP)
    assert kills >= 100 // STEP
    assert unknown_to(stand.state(), inventory(stand.aws) - before) == set()


def test_after_that_nothing_changes_and_nothing_has_drifted(stand: EngineStand) -> None:
    assert stand.run("up").changes == {}
    assert stand.run("refresh").changes == {}
    assert pending_operations(stand.folder, STACK) == []


def test_an_update_killed_after_the_nth_operation_converges(stand: EngineStand, before: set[str]) -> None:
    kills = kill_until_done(stand, "up", max(1, STEP // 8), settings=RAISED)
    assert kills >= 2
    assert stand.run("up", settings=RAISED).changes == {}
    assert unknown_to(stand.state(), inventory(stand.aws) - before) == set()


def test_a_removal_killed_after_the_nth_operation_leaves_nothing(stand: EngineStand, before: set[str]) -> None:
    kills = kill_until_done(stand, "destroy", STEP, settings=RAISED)
    assert kills >= 100 // STEP
    assert stand.state().get("resources", []) == []
    assert inventory(stand.aws) - before == set()
