"""Stacks for the tests in this folder. The modules of a stack run one after the other, the stacks side by side."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.checkout import Checkout
from tests.e2e.copies import fresh_checkout
from tests.e2e.sources import Sources


@dataclass(frozen=True)
class StackPlan:
    """What runs on one stack, and on which clocks."""

    modules: tuple[str, ...]
    """In this order: each begins with the site as the one before leaves it."""
    time_factor: float = 1.0
    """See `embedded_cloud.config`; 1.0 is AWS's pace."""


STACKS: Mapping[str, StackPlan] = {
    # A first deployment takes a minute of CPU time: more stacks would cost more than they save.
    "releases": StackPlan(
        ("test_releases", "test_rollback", "test_restore", "test_data", "test_permissions"), time_factor=2.0
    ),
    "failures": StackPlan(("test_bad_releases",), time_factor=2.0),
    "application": StackPlan(("test_application",), time_factor=2.0),
    "jobs": StackPlan(("test_jobs",), time_factor=2.0),
    "scaling": StackPlan(("test_scaling",), time_factor=4.0),
    "site": StackPlan(("test_whole_run", "test_packets", "test_accidents", "test_removal")),
}


def stack_of(module: str) -> str:
    """Name of the stack that a test module runs on."""
    return next(name for name, plan in STACKS.items() if module in plan.modules)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order each stack's modules and keep them in one worker. Two stacks start, since they take longest; the rest ends.

    Three first deployments at once keep two cores so busy that health checks time out.
    """
    modules = [module for plan in STACKS.values() for module in plan.modules]
    ours = [item for item in items if item.path.parent.name == "e2e"]
    for item in ours:
        item.add_marker(pytest.mark.xdist_group(f"stack-{stack_of(item.path.stem)}"))
    ours.sort(key=lambda item: modules.index(item.path.stem))
    others = [item for item in items if item not in ours]
    last = [item for item in ours if stack_of(item.path.stem) in {"application", "jobs", "scaling", "site"}]
    items[:] = [item for item in ours if item not in last] + others + last


class Stacks:
    """The copies of the project that exist, by name of their stack."""

    def __init__(self, new_folder: Callable[[str], Path]) -> None:
        self._new_folder = new_folder
        self._made: dict[str, Checkout] = {}
        self._removals: dict[str, ExitStack] = {}

    def get(self, name: str) -> Checkout:
        """The copy, made at its first use."""
        if name not in self._made:
            removal = self._removals[name] = ExitStack()
            copy = fresh_checkout(self._new_folder(name), STACKS[name].time_factor)
            self._made[name] = removal.enter_context(copy)
        return self._made[name]

    def remove(self, name: str) -> None:
        """Remove the copy with all that runs: also an idle stack takes from the two cores of a small machine."""
        if removal := self._removals.pop(name, None):
            removal.close()


@pytest.fixture(scope="session")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stacks]:
    """All of them are removed at the end, also after a failed test."""
    made = Stacks(tmp_path_factory.mktemp)
    with ExitStack() as ending:
        for name in STACKS:
            ending.callback(made.remove, name)
        yield made


@pytest.fixture(scope="module")
def checkout(request: pytest.FixtureRequest, stacks: Stacks) -> Iterator[Checkout]:
    """The copy of the project that this module works on. It ends with the last module of its stack that is chosen."""
    module = request.path.stem
    name = stack_of(module)
    yield stacks.get(name)
    chosen = [item.path.stem for item in request.session.items if item.path.stem in STACKS[name].modules]
    if module == chosen[-1]:
        stacks.remove(name)


@pytest.fixture(scope="module")
def deployed(checkout: Checkout) -> Checkout:
    """The same, with a site that serves."""
    return checkout.deployed()


@pytest.fixture
def sources(checkout: Checkout) -> Iterator[Sources]:
    """The copy's sources; changes that a test does not `keep` are undone after it."""
    made = Sources(checkout.folder)
    yield made
    made.restore()
