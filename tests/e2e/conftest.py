"""One fresh copy of the project for the tests of a module."""

from collections.abc import Iterator

import pytest

from local.runtime import Ports, Runtime
from tests.e2e.checkout import CLOUD, Checkout, copy_project, free_ports


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """Everything is removed at the end, also when a test failed on the way."""
    folder = tmp_path_factory.mktemp("checkout")
    copy_project(folder)
    runtime = Runtime(cloud=CLOUD, folder=folder / ".local-cloud", ports=Ports(**free_ports()))
    made = Checkout(runtime=runtime, folder=folder)
    yield made
    made.run("down")
