"""One fresh copy of the project, and one stack, for all tests with containers in this folder."""

from collections.abc import Iterator

import pytest

from local.hosting import FARGATE
from tests.e2e.checkout import Checkout
from tests.e2e.copies import fresh_checkout
from tests.e2e.measured import MEASURED, in_order
from tests.e2e.sources import Sources

ORDER = (
    "test_whole_run",
    "test_releases",
    "test_bad_releases",
    "test_rollback",
    "test_accidents",
    "test_moving",
    "test_removal",
)
"""They share one stack, whose first deployment takes a minute: each goes on where the one before has ended."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put these modules into their order, where the first of them is."""
    in_order(items, "e2e", ORDER)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """How long the site was away, and other times that a test has taken down."""
    if MEASURED in config.stash:
        terminalreporter.section("measured")
        for line in config.stash[MEASURED]:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """Everything is removed at the end, also when a test failed on the way."""
    with fresh_checkout(tmp_path_factory.mktemp("checkout"), FARGATE) as made:
        yield made


@pytest.fixture(scope="session")
def deployed(checkout: Checkout) -> Checkout:
    """A stack on Fargate that serves."""
    return checkout.deployed()


@pytest.fixture
def sources(checkout: Checkout) -> Iterator[Sources]:
    """The copy's sources; what a test did not `keep` is put back."""
    made = Sources(checkout.folder)
    yield made
    made.restore()
