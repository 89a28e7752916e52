"""What is left of everything that the other tests have done: nothing."""

import pytest

from tests.e2e.checkout import Checkout
from tests.e2e.removal import leaves_nothing

pytestmark = pytest.mark.containers


def test_down_leaves_nothing(checkout: Checkout) -> None:
    leaves_nothing(checkout)
