"""From Fargate to a machine and back, under load: the site takes everything along, and nobody notices."""

import time
from collections.abc import Iterator

import httpx
import pytest

from local.hosting import FARGATE, VM
from tests.e2e.checkout import Checkout
from tests.e2e.containers import running
from tests.e2e.contract import true_outputs
from tests.e2e.load import assert_nobody_noticed, constant_load
from tests.e2e.measured import take_down
from tests.e2e.moving import Belongings, previewed
from tests.e2e.removal import strangers
from tests.e2e.visitor import sign_up_with_picture

pytestmark = pytest.mark.containers

RUNS_ON = {FARGATE: "name=-web", VM: "label=preqly.instance"}
"""Containers on this machine that only this kind has."""


@pytest.fixture(scope="module")
def visitor(deployed: Checkout) -> Iterator[httpx.Client]:
    """Somebody who is logged in before the first move, and stays."""
    with deployed.browser() as browser:
        sign_up_with_picture(browser, "hedy@example.com")
        yield browser


@pytest.fixture(scope="module")
def never_ours(deployed: Checkout) -> set[str]:
    """What was in the account, and in no state, before the first move."""
    return strangers(deployed)


def moves(checkout: Checkout, visitor: httpx.Client, to: str, request: pytest.FixtureRequest) -> None:
    """Nobody notices, nothing is lost, and the release is on record once more."""
    before, number, left = Belongings.of(checkout, visitor), checkout.releases()[0]["number"], checkout.hosting
    checkout.hosting = to
    begun = time.monotonic()
    with constant_load(checkout.runtime) as load:
        result = checkout.up()
    take_down(request, f"from {left} to {to}", time.monotonic() - begun)
    assert result.returncode == 0, result.stderr
    assert_nobody_noticed(load)
    assert Belongings.of(checkout, visitor) == before
    newest = checkout.releases()[0]
    assert (newest["number"], newest["hosting"]) == (number + 1, to)
    true_outputs(checkout)
    assert running(checkout, RUNS_ON[to])
    assert running(checkout, RUNS_ON[left]) == []


def test_a_preview_says_what_a_move_does_and_changes_nothing(
    deployed: Checkout, visitor: httpx.Client, never_ours: set[str]
) -> None:
    before = Belongings.of(deployed, visitor)
    said = previewed(deployed, VM)
    assert "This moves the site from fargate to vm" in said
    assert "Database, uploaded files, secrets, images and the record of releases stay." in said
    assert Belongings.of(deployed, visitor) == before
    assert strangers(deployed) == never_ours


def test_a_move_to_a_machine_loses_nothing_and_no_request(
    deployed: Checkout, visitor: httpx.Client, never_ours: set[str], request: pytest.FixtureRequest
) -> None:
    moves(deployed, visitor, VM, request)
    assert strangers(deployed) <= never_ours


def test_the_move_back_to_fargate_loses_nothing_and_no_request(
    deployed: Checkout, visitor: httpx.Client, never_ours: set[str], request: pytest.FixtureRequest
) -> None:
    moves(deployed, visitor, FARGATE, request)
    assert strangers(deployed) <= never_ours


def test_after_both_moves_an_up_plans_no_change(deployed: Checkout) -> None:
    result = deployed.up()
    assert result.returncode == 0, result.stderr
    assert "Stack local: no change in" in result.stderr
