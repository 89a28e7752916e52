"""A recording engine for every test, and nothing of the tests before it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pulumi.runtime.config import set_all_config

from infra.release import hooks
from tests.recorder import Recorder, new_engine


@pytest.fixture(autouse=True)
def _no_configuration() -> Iterator[None]:
    """No test sees the settings of another one."""
    set_all_config({}, [])
    yield
    set_all_config({}, [])


@pytest.fixture(scope="session", autouse=True)
def _every_release_runs() -> Iterator[None]:
    """The program asks AWS in every update whether its release runs and is on record; here there is no AWS to ask."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hooks, "verify_rollout", lambda *_: {})
        patch.setattr(hooks, "complete", lambda _session, _parameter, release, *_: replace(release, number=1))
        yield


@pytest.fixture
def engine() -> Recorder:
    """A fresh recording engine for project `preqly`, stack `test`, with an empty configuration."""
    return new_engine()


@pytest.fixture(scope="session")
def declared() -> Recorder:
    """What the program declares with every setting at its default; read it, do not run anything in it."""
    recorder = new_engine()
    recorder.run_program()
    return recorder
