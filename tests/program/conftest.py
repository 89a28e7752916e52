"""The whole program as Pulumi runs it, in each of its shapes."""

import pytest

from tests.program.shapes import ON_FARGATE, SHAPES, declared_with
from tests.recorder import Recorder


@pytest.fixture(scope="module", params=SHAPES)
def program(request) -> Recorder:
    """What the program declares, once for each shape."""
    return declared_with(request.param)


@pytest.fixture(scope="module", params=ON_FARGATE)
def on_fargate(request) -> Recorder:
    """The same for the shapes that run on Fargate."""
    return declared_with(request.param)
