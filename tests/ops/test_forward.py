"""`forward` deploys the release again that was rolled back."""

from infra.release.record import RolledBack
from tests.ops.conftest import Database, Ops
from tests.ops.fixtures import ROLLBACK, DeployedStack


def test_forward_deploys_the_release_again_in_its_own_task_definition(stack: DeployedStack, ops: Ops) -> None:
    stack.deploy("one")
    two = stack.deploy("two")
    assert ops(*ROLLBACK).code == 0
    assert ops("forward", "--yes").code == 0
    latest = stack.latest
    assert (latest.number, latest.kind, latest.tag, latest.rolled_back) == (4, "release", "two", None)
    assert stack.runs == two.task_definition


def test_forward_without_a_rollback_touches_nothing(stack: DeployedStack, ops: Ops, database: Database) -> None:
    stack.deploy("one")
    ended = ops("forward", "--yes")
    assert (ended.code, ended.out) == (
        0,
        "Already serving: release 1 (one, revision rev-one). Nothing was touched.\n",
    )
    assert database.read == []


def test_forward_refuses_a_release_that_is_no_longer_on_record(stack: DeployedStack, ops: Ops) -> None:
    stack.roll_back(stack.deploy("one"), RolledBack(number=70, tag="gone", sources="f0"))
    assert "Release 70 was rolled back, but it is no longer on record." in ops.refused(["forward", "--yes"], 3)
