"""Good releases under load: nobody notices, and what was done is on record. The tests run in this order."""

import re

import pytest

from tests.e2e.checkout import Checkout
from tests.e2e.load import Load, constant_load
from tests.e2e.postgres import can_log_in
from tests.e2e.sources import GOOD_MIGRATION, Sources
from tests.e2e.visitor import sign_up

pytestmark = pytest.mark.containers

MIGRATED = "Migrated under load."
CHANGED = "Nothing to migrate."


def assert_nobody_noticed(load: Load) -> None:
    assert load.failed == {}
    assert len(load.visits) > 50
    assert {visit.kept_alive for visit in load.visits} == {True, False}


def headlines(checkout: Checkout) -> set[str]:
    """What the tasks answer; a new connection each time reaches one after the other."""
    found = set()
    for _ in range(6):
        with checkout.browser() as browser:
            found |= set(re.findall("<h1>(.*)</h1>", browser.get("/").text))
    return found


def test_a_release_with_a_migration_and_a_new_style_rolls_out_unnoticed(deployed: Checkout, sources: Sources) -> None:
    sources.headline(MIGRATED)
    sources.append("app/core/static/core/site.css", "\n.new-in-this-release { color: inherit; }\n")
    sources.migration("0003_note", GOOD_MIGRATION)
    with constant_load(deployed.runtime) as load:
        result = deployed.run("up")
    sources.keep()
    assert result.returncode == 0, result.stderr
    assert_nobody_noticed(load)
    assert headlines(deployed) == {MIGRATED}
    styles = {path for path in load.static if "/core/site." in path}
    assert len(styles) == 2, "files of both releases were asked for"


def test_the_record_says_what_was_migrated_and_which_snapshot_was_taken_before(deployed: Checkout) -> None:
    newest, oldest = deployed.releases()[0], deployed.releases()[-1]
    assert newest["migrated"] == ["core.0003_note"]
    snapshots = deployed.aws("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    assert newest["snapshot"] in {one["DBSnapshotIdentifier"] for one in snapshots}
    assert oldest["snapshot"] is None, "there was nothing to save before the first release"


def test_a_rotation_keeps_every_visitor_logged_in_and_locks_the_old_role_out(
    deployed: Checkout, sources: Sources
) -> None:
    before = deployed.secret()["DATABASE_URL"]
    with deployed.browser() as browser:
        sign_up(browser, "grace@example.com")
        sources.write("Pulumi.yaml", raised_generation((deployed.folder / "Pulumi.yaml").read_text()))
        with constant_load(deployed.runtime) as load:
            result = deployed.run("up")
        sources.keep()
        assert result.returncode == 0, result.stderr
        assert "grace@example.com" in browser.get("/account/profile/").text
    assert_nobody_noticed(load)
    after = deployed.secret()["DATABASE_URL"]
    assert after != before
    assert can_log_in(deployed, after)
    assert not can_log_in(deployed, before)


def test_a_release_without_a_migration_takes_no_snapshot(deployed: Checkout, sources: Sources) -> None:
    sources.headline(CHANGED)
    with constant_load(deployed.runtime) as load:
        result = deployed.run("up")
    sources.keep()
    assert result.returncode == 0, result.stderr
    assert "Nothing to migrate" in result.stderr
    assert_nobody_noticed(load)
    assert headlines(deployed) == {CHANGED}
    newest = deployed.releases()[0]
    assert (newest["migrated"], newest["snapshot"]) == ([], None)


def raised_generation(text: str) -> str:
    """Pulumi.yaml with the default of secretsGeneration at 2."""
    raised, count = re.subn(r"(  secretsGeneration:.*?default: )1\b", r"\g<1>2", text, count=1, flags=re.DOTALL)
    assert count == 1
    return raised
