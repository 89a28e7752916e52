"""Back to an earlier release and forward again, under load. The tests run in this order."""

import pytest

from tests.e2e.checkout import Checkout
from tests.e2e.load import constant_load
from tests.e2e.test_releases import CHANGED, MIGRATED, assert_nobody_noticed, headlines

pytestmark = pytest.mark.containers


def test_a_release_that_does_not_know_the_databases_migrations_is_refused(deployed: Checkout) -> None:
    before = deployed.service()["taskDefinition"]
    result = deployed.ops("rollback", "1", "--yes")
    assert result.returncode == 3, result.stdout + result.stderr
    assert "core.0003_note" in result.stderr
    assert "--allow-unknown-migrations" in result.stderr
    assert deployed.service()["taskDefinition"] == before


def test_a_rollback_brings_the_release_before_back_unnoticed(deployed: Checkout) -> None:
    with constant_load(deployed.runtime) as load:
        result = deployed.ops("rollback", "--yes")
    assert result.returncode == 0, result.stderr
    assert_nobody_noticed(load)
    assert headlines(deployed) == {MIGRATED}
    assert deployed.releases()[0]["kind"] == "rollback"


def test_the_next_up_does_not_redo_what_was_undone(deployed: Checkout) -> None:
    result = deployed.run("up")
    assert result.returncode == 0, result.stderr
    assert "withheld" in result.stderr or "withholds" in result.stderr
    assert headlines(deployed) == {MIGRATED}


def test_forward_brings_the_withheld_release_back_unnoticed(deployed: Checkout) -> None:
    with constant_load(deployed.runtime) as load:
        result = deployed.ops("forward", "--yes")
    assert result.returncode == 0, result.stderr
    assert_nobody_noticed(load)
    assert headlines(deployed) == {CHANGED}
