"""The keeper's looks: what it does about a site that does not answer or a disk that fills, and what it leaves alone."""

from contextlib import suppress

import pytest

from infra.machine.program import keeper
from infra.machine.program.errors import MachineError
from infra.machine.program.keeper import (
    FULL_PERCENT,
    GIVE_UP_SECONDS,
    METRICS_SECONDS,
    PRUNE_SECONDS,
    REPAIR_AFTER,
    Keeper,
)
from infra.machine.program.slot_containers import SlotContainers
from infra.machine.program.slots import BLUE
from infra.machine.watch import alarms
from tests.infra.machine.program.keeper_world import World
from tests.infra.machine.program.releases import KEY, NEXT
from tests.infra.watched import MACHINE


def test_a_site_that_answers_is_left_alone_but_for_its_numbers(world: World, looks: Keeper) -> None:
    looks.look()
    looks.look()
    assert world.done == ["metrics"]
    world.now += 61
    looks.look()
    assert world.done == ["metrics", "metrics"]


def test_a_site_that_does_not_answer_is_rebuilt_after_a_few_looks_and_not_before(world: World, looks: Keeper) -> None:
    world.answers = False
    for _ in range(REPAIR_AFTER - 1):
        looks.look()
    assert "start" not in world.done
    looks.look()
    assert [one for one in world.done if one != "metrics"] == ["start", "door blue"]


@pytest.mark.parametrize("repaired", [True, False])
def test_a_site_that_did_not_answer_is_reported_as_such_whatever_its_repair_brings(
    world: World, looks: Keeper, monkeypatch: pytest.MonkeyPatch, repaired: bool
) -> None:
    def start(_: SlotContainers) -> None:
        if not repaired:
            raise MachineError("Task failed container health checks")

    monkeypatch.setattr(SlotContainers, "start", start)
    world.answers = False
    for _ in range(REPAIR_AFTER):
        world.now += 61
        looks.look()
    assert world.reported == [False] * REPAIR_AFTER
    world.answers = repaired
    world.now += 61
    looks.look()
    assert world.reported[-1] is repaired


def test_the_site_is_looked_after_while_s3_is_away(world: World, looks: Keeper) -> None:
    looks.look()
    world.s3_is_away, world.answers = True, False
    world.now += 61
    for _ in range(REPAIR_AFTER):
        looks.look()
    assert "start" in world.done
    assert world.reported == [True, False]


def test_a_release_is_fetched_once_and_the_next_one_in_its_place(world: World, looks: Keeper) -> None:
    looks.boot()
    looks.look()
    looks.look()
    assert world.fetched == [KEY]
    world.serving = (NEXT, BLUE)
    looks.look()
    looks.look()
    assert world.fetched == [KEY, NEXT]


def test_one_bad_answer_is_forgotten(world: World, looks: Keeper) -> None:
    for answers in [False, True] * REPAIR_AFTER:
        world.answers = answers
        looks.look()
    assert "start" not in world.done


def test_a_machine_on_which_nothing_helps_asks_to_be_replaced(world: World, looks: Keeper) -> None:
    world.answers = False
    looks.look()
    world.now += GIVE_UP_SECONDS + 1
    looks.look()
    assert "give up" in world.done


def test_images_that_nobody_uses_go_before_the_disk_is_full(world: World, looks: Keeper) -> None:
    looks.look()
    world.disk_percent = FULL_PERCENT + 1
    looks.look()
    looks.look()
    assert world.done == ["metrics", "prune"], "once, and again after a while"
    world.now += PRUNE_SECONDS + 1
    looks.look()
    assert world.done.count("prune") == 2


def test_what_a_deploy_has_pulled_is_not_taken_from_it(
    world: World, looks: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.disk_percent = FULL_PERCENT + 1
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(keeper, "at_work", lambda _: "deploy releases/2.json")
        looks.look()
    assert "prune" not in world.done
    looks.look()
    assert "prune" in world.done


def test_what_the_kernel_ended_for_want_of_memory_is_reported_once(world: World, looks: Keeper) -> None:
    for killed, away in ((5, False), (6, False), (6, False), (8, True), (9, False)):
        world.killed, world.cloudwatch_is_away = killed, away
        world.now += METRICS_SECONDS + 1
        with suppress(OSError):
            looks.look()
    assert world.kills == [0, 1, 0, 3], "what could not be told is told with the next"


def test_the_alarm_rings_only_when_there_is_no_more_to_remove() -> None:
    (disk,) = (alarm for alarm in alarms(MACHINE) if alarm.role == "disk")
    assert disk.threshold > FULL_PERCENT
