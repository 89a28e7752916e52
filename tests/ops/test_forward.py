"""`forward`: what a rollback has withheld comes back."""

from infra.release.record import Withheld
from tests.ops.conftest import Database, Ops
from tests.ops.rollbacks import BACK
from tests.ops.stand import Stand


def test_forward_brings_the_withheld_release_back_in_its_own_task_definition(stand: Stand, ops: Ops) -> None:
    stand.deploy("one")
    two = stand.deploy("two")
    assert ops(*BACK).code == 0
    assert ops("forward", "--yes").code == 0
    latest = stand.record.latest()
    assert latest is not None
    assert (latest.number, latest.kind, latest.tag, latest.withheld) == (4, "release", "two", None)
    assert stand.runs == two.task_definition


def test_forward_without_a_rollback_touches_nothing(stand: Stand, ops: Ops, database: Database) -> None:
    stand.deploy("one")
    ended = ops("forward", "--yes")
    assert (ended.code, ended.out) == (
        0,
        "release 1 (one, revision rev-one) is what serves already. Nothing was touched.\n",
    )
    assert database.asked == []


def test_forward_says_when_the_record_does_not_reach_back_so_far(stand: Stand, ops: Ops) -> None:
    stand.withhold(stand.deploy("one"), Withheld(number=70, tag="gone"))
    assert "Release 70 is withheld, and the record does not reach back" in ops.refused(["forward", "--yes"], 3)
