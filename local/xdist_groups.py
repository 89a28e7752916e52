"""Pytest plugin for `--dist loadgroup`: an `xdist_group`, or a file without that mark, stays in one worker."""

import pytest
from _pytest.nodeid import NodeId


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Append `@group` to each test's id. xdist 3.8 does so itself, but in an attribute that pytest 9.2 ignores."""
    if config.getoption("loadgroup", default=False):
        for item in items:
            mark = item.get_closest_marker("xdist_group")
            group = str(mark.args[0]) if mark else item.nodeid.partition("::")[0]
            item._id = NodeId.parse(f"{item.nodeid}@{group}")
