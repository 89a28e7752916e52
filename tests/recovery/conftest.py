"""A stack of its own for each module."""

from collections.abc import Iterator

import pytest

from tests.recovery.killable_stack import KillableStack, killable_stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KillableStack]:
    """The whole stack in an empty account; the tests of a module continue on it in their order."""
    with killable_stack(tmp_path_factory.mktemp("stack")) as made:
        yield made
