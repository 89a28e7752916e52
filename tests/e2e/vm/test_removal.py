"""What is left of the machine and of everything else: nothing, in the account and on Docker."""

import pytest

from tests.e2e.checkout import Checkout
from tests.e2e.containers import running
from tests.e2e.inventory import inventory
from tests.e2e.removal import leaves_nothing, strangers
from tests.waiting import wait_until

pytestmark = pytest.mark.containers


def test_destroy_leaves_nothing_in_the_account(deployed: Checkout) -> None:
    never_ours = strangers(deployed)
    result = deployed.shell("pulumi destroy --yes --skip-preview -C .local-cloud/program", seconds=300)
    assert result.returncode == 0, result.stdout + result.stderr
    assert inventory(deployed.aws) - never_ours == set()
    wait_until(lambda: running(deployed, "label=preqly.instance") == [], 30)


def test_down_leaves_nothing(deployed: Checkout) -> None:
    leaves_nothing(deployed)
