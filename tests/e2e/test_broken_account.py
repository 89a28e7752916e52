"""Runs that fail for a reason outside of the program: each says which, and the same command goes on from there.

One stack from its first deployment on; the tests run in this order."""

from collections.abc import Iterator

import pytest

from tests.e2e.broken_api import BrokenApi, broken_api, connection_lost, token_expired
from tests.e2e.engine_stand import EngineStand, engine_stand
from tests.e2e.inventory import inventory, unknown_to
from tests.e2e.warm_program import Ended
from tests.engine_stack import engine_marks

pytestmark = engine_marks


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as context:
        yield context


@pytest.fixture(scope="module")
def api(patch: pytest.MonkeyPatch) -> BrokenApi:
    return broken_api(patch)


@pytest.fixture(scope="module")
def stand(api: BrokenApi, patch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineStand]:
    with engine_stand(tmp_path_factory.mktemp("stand"), patch) as made:
        yield made


@pytest.fixture(scope="module")
def before(stand: EngineStand) -> set[str]:
    return inventory(stand.aws)


def failed(ended: Ended, reason: str) -> None:
    assert not ended.succeeded
    assert reason in ended.said
    assert "Traceback" not in ended.said


def test_a_token_that_expires_in_the_middle_is_said(stand: EngineStand, before: set[str], api: BrokenApi) -> None:
    api.fault, api.good = token_expired, 120
    failed(stand.run("up"), "The security token included in the request is expired (ExpiredToken")


def test_a_network_that_goes_away_in_the_middle_is_said(stand: EngineStand, api: BrokenApi) -> None:
    api.fault, api.good = connection_lost, 120
    failed(stand.run("up"), "Connection was closed before we received a valid response")


def test_without_a_network_nothing_is_begun(stand: EngineStand, api: BrokenApi) -> None:
    api.fault, api.good = connection_lost, 0
    failed(stand.run("up"), "Connection was closed before we received a valid response")


def test_a_full_disk_is_said(stand: EngineStand, api: BrokenApi) -> None:
    api.mend()
    failed(stand.run("up", file_bytes=50_000), "file too large")


def test_the_same_command_converges_when_the_cause_is_gone(
    stand: EngineStand, before: set[str], api: BrokenApi
) -> None:
    api.mend()
    ended = stand.run("up")
    assert ended.succeeded, ended.said
    assert stand.run("up").changes == {}
    assert unknown_to(stand.state(), inventory(stand.aws) - before) == set()
