"""The keeper's start: when the site is there, and when another machine is asked for."""

import pytest

from infra.machine.program import boot_trouble, credentials
from infra.machine.program.keeper import Keeper
from infra.machine.program.lock import alone
from infra.machine.program.machine import Machine
from infra.machine.program.slots import BLUE
from tests.infra.machine.program.keeper_world import World
from tests.infra.machine.program.releases import KEY


def test_a_machine_takes_the_address_when_its_site_is_there(world: World, looks: Keeper) -> None:
    world.serving = None
    looks.boot()
    assert world.done == ["credentials", "prepare", "deploy", "address"]


def test_a_keeper_that_was_started_anew_deploys_nothing(world: World, looks: Keeper) -> None:
    looks.boot()
    assert "deploy" not in world.done


def test_a_keeper_that_was_started_anew_has_the_roles_where_running_containers_look_for_them(
    world: World, machine: Machine, looks: Keeper
) -> None:
    looks.boot()
    told = world.roles
    assert told == sorted([credentials.serving_path(machine), credentials.preparation_path(machine)])
    Keeper(None, machine).boot()
    assert world.roles == told


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
