"""The whole program as Pulumi runs it, once for each shape of its settings."""

import pytest

from tests.program.shapes import SHAPES
from tests.recorder import Recorder, declared_with


@pytest.fixture(scope="session", params=SHAPES)
def program(request) -> Recorder:
    """What the program declares; read it, do not run anything in it."""
    return declared_with(**SHAPES[request.param])
