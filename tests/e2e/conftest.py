"""One fresh copy of the project, and one stack, for all tests with containers in this folder."""

from collections.abc import Iterator

import pytest

from local.runtime import Ports, Runtime
from tests.e2e.checkout import CLOUD, Checkout, copy_project, free_ports
from tests.e2e.sources import Sources

ORDER = ("test_whole_run", "test_releases", "test_bad_releases", "test_rollback", "test_accidents", "test_removal")
"""They share one stack, whose first deployment takes a minute: each goes on where the one before has ended."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put these modules into their order, where the first of them is."""
    ours = [item for item in items if item.path.stem in ORDER and item.path.parent.name == "e2e"]
    ours.sort(key=lambda item: ORDER.index(item.path.stem))
    places = [number for number, item in enumerate(items) if item in ours]
    for place, item in zip(places, ours, strict=True):
        items[place] = item


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """Everything is removed at the end, also when a test failed on the way."""
    folder = tmp_path_factory.mktemp("checkout")
    copy_project(folder)
    runtime = Runtime(cloud=CLOUD, folder=folder / ".local-cloud", ports=Ports(**free_ports()))
    made = Checkout(runtime=runtime, folder=folder)
    yield made
    made.run("down")


@pytest.fixture(scope="session")
def deployed(checkout: Checkout) -> Checkout:
    """A stack that serves, whichever test asks for it first."""
    if not (checkout.runtime.folder / "daemon.json").exists():
        result = checkout.run("up")
        assert result.returncode == 0, result.stderr
    return checkout


@pytest.fixture
def sources(checkout: Checkout) -> Iterator[Sources]:
    """The copy's sources; what a test did not `keep` is put back."""
    made = Sources(checkout.folder)
    yield made
    made.restore()
