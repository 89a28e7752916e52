"""Back to an earlier release and forward again, under load. The tests run in this order."""

import pytest

from tests.e2e.checkout import Checkout
from tests.e2e.good_releases import (
    CHANGED,
    MIGRATED,
    comes_back_unnoticed,
    outputs_name_what_serves_again,
    refuses_what_does_not_know_the_migrations,
    withholds_what_was_undone,
)
from tests.e2e.refusals import rotation_fails
from tests.e2e.sources import Sources

pytestmark = pytest.mark.containers


def test_a_release_that_does_not_know_the_databases_migrations_is_refused(deployed: Checkout) -> None:
    refuses_what_does_not_know_the_migrations(deployed)


def test_a_rollback_brings_the_release_before_back_unnoticed(deployed: Checkout) -> None:
    comes_back_unnoticed(deployed, "rollback", MIGRATED)
    assert deployed.releases()[0]["kind"] == "rollback"


def test_the_next_up_does_not_redo_what_was_undone(deployed: Checkout) -> None:
    withholds_what_was_undone(deployed)


def test_forward_brings_the_withheld_release_back_unnoticed(deployed: Checkout) -> None:
    comes_back_unnoticed(deployed, "forward", CHANGED)


def test_after_a_rotation_that_failed_there_is_a_way_back_too(deployed: Checkout, sources: Sources) -> None:
    rotation_fails(deployed, sources)
    comes_back_unnoticed(deployed, "rollback", MIGRATED)
    comes_back_unnoticed(deployed, "forward", CHANGED)


def test_after_it_an_up_sets_the_outputs_right(deployed: Checkout) -> None:
    outputs_name_what_serves_again(deployed)
