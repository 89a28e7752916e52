"""Order of modules that share a stack, and times that are shown at the end of a run."""

from collections.abc import Callable, Sequence

import pytest

MEASURED = pytest.StashKey[list[str]]()
Measured = Callable[[str, float], None]
"""Takes what was measured, and its seconds."""


def in_order(items: list[pytest.Item], folder: str, modules: Sequence[str]) -> None:
    """Put these modules of a folder into this order, where the first of them is."""
    ours = [item for item in items if item.path.stem in modules and item.path.parent.name == folder]
    ours.sort(key=lambda item: modules.index(item.path.stem))
    places = [number for number, item in enumerate(items) if item in ours]
    for place, item in zip(places, ours, strict=True):
        items[place] = item


def take_down(request: pytest.FixtureRequest, what: str, seconds: float) -> None:
    """Show it at the end of the run, and keep it in the report."""
    request.config.stash.setdefault(MEASURED, []).append(f"{seconds:6.1f} s  {what}")
    request.node.user_properties.append((what, round(seconds, 1)))
