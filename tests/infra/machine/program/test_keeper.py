"""The keeper: what it does about a site that does not answer, and what it leaves alone."""

import time
from pathlib import Path
from typing import Any

import pytest

from infra.machine.program import boot_trouble, credentials, deploy, instance, keeper, metrics, site
from infra.machine.program.errors import MachineError
from infra.machine.program.keeper import GIVE_UP_SECONDS, REPAIR_AFTER, Keeper
from infra.machine.program.lock import alone
from infra.machine.program.machine import Machine
from infra.machine.program.release import Release
from infra.machine.program.slot_containers import SlotContainers
from infra.machine.program.slots import BLUE
from tests.infra.machine.program.releases import KEY, NEXT, RELEASE


class World:
    """What the keeper meets, and what it did."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[str] = []
        self.reported: list[bool] = []
        self.answers = True
        self.fetched: list[str] = []
        self.s3_is_away = False
        self.now = 1000.0
        self.serving: Any = (KEY, BLUE)
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr(keeper, "current_key", lambda *_: KEY)
        monkeypatch.setattr(keeper, "fetch", lambda _session, _machine, key: self.fetch(key))
        monkeypatch.setattr(keeper, "send_visitors_to", lambda slot: self.done.append(f"door {slot.name}"))
        monkeypatch.setattr(site, "problem", lambda *_: "" if self.answers else "it answers 500")
        monkeypatch.setattr(keeper, "serving", lambda _: self.serving)
        monkeypatch.setattr(deploy, "prepare", lambda *_: self.done.append("prepare"))
        monkeypatch.setattr(deploy, "deploy", lambda *_: self.done.append("deploy"))
        monkeypatch.setattr(credentials, "make_address", lambda: None)
        monkeypatch.setattr(credentials, "serve", lambda _: self.done.append("credentials"))
        monkeypatch.setattr(metrics, "report", lambda *_, answers, **__: self.report(answers))
        monkeypatch.setattr(instance, "take_address", lambda *_: self.done.append("address"))
        monkeypatch.setattr(instance, "give_up", lambda _: self.done.append("give up"))
        monkeypatch.setattr(SlotContainers, "start", lambda _: self.done.append("start"))

    def fetch(self, key: str) -> Release:
        if self.s3_is_away:
            raise MachineError(f"ResourceInitializationError: s3://b/{key}: it does not answer")
        self.fetched.append(key)
        return RELEASE

    def report(self, answers: bool) -> None:
        self.done.append("metrics")
        self.reported.append(answers)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(
        region="r", bucket="b", parameter="/p", log_group="app", memory=tmp_path / "run", disk=tmp_path / "lib"
    )


@pytest.fixture
def looks(world: World, machine: Machine) -> Keeper:
    return Keeper(None, machine)


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


@pytest.fixture
def hopeless(world: World, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A boot that has failed for long, of a machine on which nothing serves."""
    boot_trouble.add(machine, "no image")
    monkeypatch.setattr(boot_trouble, "is_hopeless", lambda _: True)
    world.serving = None


@pytest.mark.usefixtures("hopeless")
def test_a_machine_that_does_not_come_up_asks_to_be_replaced(world: World, looks: Keeper) -> None:
    looks.give_up_if_hopeless()
    assert world.done == ["give up"]


@pytest.mark.usefixtures("hopeless")
def test_a_machine_on_which_somebody_is_at_work_is_kept(world: World, machine: Machine, looks: Keeper) -> None:
    with alone(machine, "deploy releases/2.json"):
        looks.give_up_if_hopeless()
    assert world.done == []


@pytest.mark.usefixtures("hopeless")
def test_a_machine_that_visitors_are_served_by_is_kept_whatever_keeps_its_keeper(world: World, looks: Keeper) -> None:
    world.serving = (KEY, BLUE)
    looks.give_up_if_hopeless()
    assert world.done == []
    world.answers = False
    looks.give_up_if_hopeless()
    assert world.done == ["give up"]


def test_a_machine_that_has_not_tried_for_long_is_kept(world: World, machine: Machine, looks: Keeper) -> None:
    world.serving = None
    boot_trouble.add(machine, "no image")
    looks.give_up_if_hopeless()
    assert world.done == []
