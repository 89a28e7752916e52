"""The keeper: what it does about a site that does not answer, and what it leaves alone."""

import time
from pathlib import Path
from typing import Any

import pytest

from infra.machine.program import credentials, deploy, instance, keeper, metrics, site
from infra.machine.program.keeper import GIVE_UP_SECONDS, REPAIR_AFTER, Keeper
from infra.machine.program.machine import Machine
from infra.machine.program.slot_containers import SlotContainers
from infra.machine.program.slots import BLUE
from tests.infra.machine.program.releases import KEY, RELEASE


class World:
    """What the keeper meets, and what it did."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[str] = []
        self.answers = True
        self.now = 1000.0
        self.serving: Any = (KEY, BLUE)
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr(keeper, "current_key", lambda *_: KEY)
        monkeypatch.setattr(keeper, "fetch", lambda *_: RELEASE)
        monkeypatch.setattr(keeper, "send_visitors_to", lambda slot: self.done.append(f"door {slot.name}"))
        monkeypatch.setattr(site, "problem", lambda *_: "" if self.answers else "it answers 500")
        monkeypatch.setattr(keeper, "serving", lambda _: self.serving)
        monkeypatch.setattr(deploy, "prepare", lambda *_: self.done.append("prepare"))
        monkeypatch.setattr(deploy, "deploy", lambda *_: self.done.append("deploy"))
        monkeypatch.setattr(credentials, "make_address", lambda: None)
        monkeypatch.setattr(credentials, "serve", lambda _: self.done.append("credentials"))
        monkeypatch.setattr(metrics, "report", lambda *_, **__: self.done.append("metrics"))
        monkeypatch.setattr(instance, "take_address", lambda *_: self.done.append("address"))
        monkeypatch.setattr(instance, "give_up", lambda _: self.done.append("give up"))
        monkeypatch.setattr(SlotContainers, "start", lambda _: self.done.append("start"))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


@pytest.fixture
def looks(world: World, tmp_path: Path) -> Keeper:
    return Keeper(None, Machine(region="r", bucket="b", parameter="/p", log_group="app", memory=tmp_path))


def test_a_machine_takes_the_address_when_its_site_is_there(world: World, looks: Keeper) -> None:
    world.serving = None
    looks.boot()
    assert world.done == ["credentials", "prepare", "deploy", "address"]


def test_a_keeper_that_was_started_anew_deploys_nothing(world: World, looks: Keeper) -> None:
    looks.boot()
    assert "deploy" not in world.done


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
