"""One more copy of the project, with a stack on one machine, for all tests of this folder."""

from collections.abc import Iterator

import pytest

from local.hosting import VM
from tests.e2e.checkout import Checkout
from tests.e2e.copies import fresh_checkout
from tests.e2e.measured import Measured, in_order, take_down
from tests.e2e.vm.instance import Instance

ORDER = (
    "test_first_run",
    "test_certificate",
    "test_releases",
    "test_bad_releases",
    "test_rollback",
    "test_accidents",
    "test_own_certificate",
    "test_removal",
)
"""They share one stack: each goes on where the one before has ended."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put these modules into their order, where the first of them is."""
    in_order(items, "vm", ORDER)


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """Everything is removed at the end, also when a test failed on the way."""
    with fresh_checkout(tmp_path_factory.mktemp("machine"), VM) as made:
        yield made


@pytest.fixture(scope="session")
def deployed(checkout: Checkout) -> Checkout:
    """A stack on one machine that serves: the folder above keeps its own for the whole run."""
    return checkout.deployed()


@pytest.fixture
def instance(deployed: Checkout) -> Instance:
    """The machine that serves."""
    return Instance(deployed)


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Measured:
    """Shown at the end of the run."""
    return lambda what, seconds: take_down(request, what, seconds)
