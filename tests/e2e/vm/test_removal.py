"""What is left of the machine and of everything else: nothing, in the account and on Docker."""

import pytest

from tests.e2e.checkout import Checkout
from tests.e2e.containers import running
from tests.e2e.inventory import inventory
from tests.e2e.removal import leaves_nothing, strangers
from tests.waiting import wait_until

pytestmark = pytest.mark.containers


def test_destroy_leaves_nothing_in_the_account(deployed: Checkout) -> None:
    never_ours, taken = strangers(deployed), snapshots(deployed)
    assert len(taken) <= 2, "as many as local/project.py asks for"
    result = deployed.shell("pulumi destroy --yes --skip-preview -C .local-cloud/program", seconds=300)
    assert result.returncode == 0, result.stdout + result.stderr
    assert inventory(deployed.aws) - (never_ours - taken) == taken, "snapshots that are asked for stay"
    wait_until(lambda: running(deployed, "label=preqly.instance") == [], 30)


def snapshots(checkout: Checkout) -> set[str]:
    """As the inventory names them."""
    found = checkout.aws("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    return {f"rds: {one['DBSnapshotIdentifier']}" for one in found}


def test_down_leaves_nothing(deployed: Checkout) -> None:
    leaves_nothing(deployed)
