"""Releases that serve, and the way back, on either kind of hosting: under load, and nobody notices."""

from local.hosting import FARGATE
from tests.e2e.checkout import Checkout
from tests.e2e.contract import true_outputs
from tests.e2e.load import assert_nobody_noticed, constant_load
from tests.e2e.postgres import can_log_in
from tests.e2e.serving import headlines, serving
from tests.e2e.sources import GOOD_MIGRATION, Sources
from tests.e2e.visitor import sign_up

MIGRATED = "Migrated under load."
CHANGED = "Nothing to migrate."


def deployed_unnoticed(checkout: Checkout, headline: str) -> str:
    """An `up` that ends well, after which the home page says this. What it has printed."""
    with constant_load(checkout.runtime) as load:
        result = checkout.up()
    assert result.returncode == 0, result.stderr
    assert_nobody_noticed(load, connections_stay=checkout.hosting == FARGATE)
    assert headlines(checkout) == {headline}
    return result.stderr


def migrates_unnoticed(checkout: Checkout, sources: Sources) -> None:
    """A migration and a changed style: files of both releases answer."""
    sources.headline(MIGRATED)
    sources.append("app/core/static/core/site.css", "\n.new-in-this-release { color: inherit; }\n")
    sources.migration("0003_note", GOOD_MIGRATION)
    with constant_load(checkout.runtime) as load:
        result = checkout.up()
    sources.keep()
    assert result.returncode == 0, result.stderr
    assert_nobody_noticed(load, connections_stay=checkout.hosting == FARGATE)
    assert headlines(checkout) == {MIGRATED}
    styles = {path for path in load.static if "/core/site." in path}
    assert len(styles) == 2, "files of both releases were asked for"


def migration_and_snapshot_are_on_record(checkout: Checkout) -> None:
    """Of the newest release."""
    newest, oldest = checkout.releases()[0], checkout.releases()[-1]
    assert newest["migrated"] == ["core.0003_note"]
    snapshots = checkout.aws("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    assert newest["snapshot"] in {one["DBSnapshotIdentifier"] for one in snapshots}
    assert oldest["snapshot"] is None, "there was nothing to save before the first release"


def rotates_unnoticed(checkout: Checkout, sources: Sources) -> None:
    """Sessions live on, the old role of the database is locked out, the new one is let in."""
    before = checkout.secret()["DATABASE_URL"]
    with checkout.browser() as browser:
        sign_up(browser, "grace@example.com")
        sources.rotate()
        with constant_load(checkout.runtime) as load:
            result = checkout.up()
        sources.keep()
        assert result.returncode == 0, result.stderr
        assert "grace@example.com" in browser.get("/account/profile/").text
    assert_nobody_noticed(load, connections_stay=checkout.hosting == FARGATE)
    after = checkout.secret()["DATABASE_URL"]
    assert after != before
    assert can_log_in(checkout, after)
    assert not can_log_in(checkout, before)


def nothing_was_migrated(checkout: Checkout) -> None:
    """For the newest release on record, which took no snapshot then."""
    newest = checkout.releases()[0]
    assert (newest["migrated"], newest["snapshot"]) == ([], None)


def refuses_what_does_not_know_the_migrations(checkout: Checkout) -> None:
    """A rollback to the first release; nothing is touched."""
    before = serving(checkout)
    result = checkout.ops("rollback", "1", "--yes")
    assert result.returncode == 3, result.stdout + result.stderr
    assert "core.0003_note" in result.stderr
    assert "--allow-unknown-migrations" in result.stderr
    assert serving(checkout) == before


def comes_back_unnoticed(checkout: Checkout, command: str, headline: str) -> None:
    """`rollback` or `forward`, after which the home page says this."""
    with constant_load(checkout.runtime) as load:
        result = checkout.ops(command, "--yes")
    assert result.returncode == 0, result.stderr
    assert_nobody_noticed(load, connections_stay=checkout.hosting == FARGATE)
    assert headlines(checkout) == {headline}


def withholds_what_was_undone(checkout: Checkout) -> None:
    """`up` of the same sources after a rollback."""
    result = checkout.up()
    assert result.returncode == 0, result.stderr
    assert "withheld" in result.stderr or "withholds" in result.stderr
    assert headlines(checkout) == {MIGRATED}


def outputs_name_what_serves_again(checkout: Checkout) -> None:
    """`rollback` and `forward` leave the stack's outputs alone; the next `up` sets them right, and nobody notices."""
    deployed_unnoticed(checkout, CHANGED)
    true_outputs(checkout)
