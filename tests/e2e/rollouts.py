"""Rollouts under load: those that succeed, and those that fail and leave the earlier release serving."""

from collections.abc import Callable

from tests.e2e.checkout import Checkout, Completed
from tests.e2e.load import Load, assert_every_visit_answered, constant_load
from tests.e2e.running import can_log_in, headlines, serving
from tests.e2e.sources import FAILED_MIGRATION, Sources

MIGRATED = "Migrated under load."
CHANGED = "Nothing to migrate."


def succeeds_under_load(
    checkout: Checkout, *command: str, up: Callable[[], Completed] | None = None
) -> tuple[Completed, Load]:
    """Run `up`, or a command of `ops`, with visitors on the site: exit code 0, and every visit is answered."""
    with constant_load(checkout.runtime) as load:
        result = checkout.ops(*command, "--yes") if command else (up or checkout.up)()
    assert result.returncode == 0, result.stderr
    assert_every_visit_answered(load)
    return result, load


def deploys(checkout: Checkout, headline: str, up: Callable[[], Completed] | None = None) -> str:
    """`up` succeeds under load, and then every task shows the headline; returns what `up` prints."""
    result, _ = succeeds_under_load(checkout, up=up)
    assert headlines(checkout) == {headline}
    return result.stderr


def returns_to(checkout: Checkout, headline: str, command: str) -> None:
    """`ops rollback` or `ops forward` succeeds under load, and then every task shows the headline."""
    succeeds_under_load(checkout, command)
    assert headlines(checkout) == {headline}


def fails_under_load(checkout: Checkout, *words: str, up: Callable[[], Completed] | None = None) -> None:
    """`up` prints these words and ends with exit code 1; the earlier release answers every visit."""
    number, before = checkout.releases()[0]["number"], serving(checkout)
    with constant_load(checkout.runtime) as load:
        result = up() if up else checkout.up()
    assert result.returncode == 1, result.stderr
    assert "Traceback" not in result.stderr
    missing = [word for word in words if word not in result.stderr]
    assert missing == [], result.stderr
    assert_every_visit_answered(load)
    assert serving(checkout) == before, "the earlier release serves"
    assert checkout.releases()[0]["number"] == number, "a failed release is not on record"


def rotation_fails(checkout: Checkout, sources: Sources, after: str) -> None:
    """`up` changes the owner's password, then its migration fails. The raised setting stays.

    `after`: the newest migration of the sources."""
    before = checkout.secret()["OWNER_DATABASE_URL"]
    sources.rotate()
    sources.keep()
    sources.add_failing_migration(after)
    fails_under_load(checkout, FAILED_MIGRATION)
    sources.restore()
    assert not can_log_in(checkout, before)
    assert can_log_in(checkout, checkout.secret()["OWNER_DATABASE_URL"])
