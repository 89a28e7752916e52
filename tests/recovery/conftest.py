"""A stack of its own for each module."""

from collections.abc import Iterator

import pytest

from embedded_cloud.api.moto_patches import service_linked_roles
from tests.recovery.killable_stack import KillableStack, killable_stack

LONGEST = ("test_killed_engine", "test_broken_account")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest modules first, so that each worker starts with one of them."""
    items.sort(key=lambda item: item.path.stem not in LONGEST)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KillableStack]:
    """The whole stack in an account with all service-linked roles; the tests of a module continue on it in their order.

    The account of `test_killed_engine` has none at the start."""
    with killable_stack(tmp_path_factory.mktemp("stack")) as made:
        for principal in service_linked_roles.ROLES:
            made.aws("iam").create_service_linked_role(AWSServiceName=principal)
        yield made
