"""Good releases under load: nobody notices, and what was done is on record. The tests run in this order."""

import pytest

from tests.e2e.checkout import Checkout
from tests.e2e.good_releases import (
    CHANGED,
    deployed_unnoticed,
    migrates_unnoticed,
    migration_and_snapshot_are_on_record,
    nothing_was_migrated,
    rotates_unnoticed,
)
from tests.e2e.mail import links_for_a_new_password_come_by_ses, send_with_ses
from tests.e2e.sources import Sources

pytestmark = pytest.mark.containers


def test_a_release_with_a_migration_and_a_new_style_rolls_out_unnoticed(deployed: Checkout, sources: Sources) -> None:
    migrates_unnoticed(deployed, sources)


def test_the_record_says_what_was_migrated_and_which_snapshot_was_taken_before(deployed: Checkout) -> None:
    migration_and_snapshot_are_on_record(deployed)


def test_a_rotation_keeps_every_visitor_logged_in_and_locks_the_old_role_out(
    deployed: Checkout, sources: Sources
) -> None:
    rotates_unnoticed(deployed, sources)


def test_a_release_without_a_migration_takes_no_snapshot(deployed: Checkout, sources: Sources) -> None:
    sources.headline(CHANGED)
    send_with_ses(sources)
    said = deployed_unnoticed(deployed, CHANGED)
    sources.keep()
    assert "Nothing to migrate" in said
    nothing_was_migrated(deployed)


def test_a_link_for_a_new_password_comes_by_ses(deployed: Checkout) -> None:
    links_for_a_new_password_come_by_ses(deployed, "mary@example.com")
