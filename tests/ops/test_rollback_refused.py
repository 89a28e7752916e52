"""What a rollback refuses before anything is touched, and the way out it names."""

from dataclasses import replace

from infra.release.snapshot import MADE_FOR_TAG
from tests.ops.conftest import Database, Ops
from tests.ops.rollbacks import BACK, revisions
from tests.ops.stand import DATABASE, Stand


def test_the_first_release_has_none_before_it(stand: Stand, ops: Ops) -> None:
    stand.deploy("one")
    message = ops.refused(BACK, 3)
    assert "There is no release to go back to: release 1 (one, revision rev-one) is the only one" in message


def test_a_stack_that_was_never_good_has_nothing_to_go_back_to(stand: Stand, ops: Ops) -> None:
    assert "Stack prod has no release yet" in ops.refused(BACK, 1)


def test_a_number_that_is_not_on_record_is_wrong_use(stand: Stand, ops: Ops) -> None:
    stand.deploy("one")
    stand.deploy("two")
    assert "Release 7 is not on record, which goes from 1 to 2" in ops.refused([*BACK, "7"], 2)


def test_an_image_that_is_gone_is_told_before_anything_is_touched(stand: Stand, ops: Ops, database: Database) -> None:
    one, two = stand.deploy("one"), stand.deploy("two", setting="b")
    before = revisions(stand)
    digest = one.proxy_image.partition("@")[2]
    stand.client("ecr").batch_delete_image(repositoryName="registry-proxy", imageIds=[{"imageDigest": digest}])
    message = ops.refused(BACK, 3)
    assert f"Release 1 cannot run again, the registry no longer has: {one.proxy_image}. Nothing was touched" in message
    assert "revision rev-one" in message
    assert (stand.runs, revisions(stand), database.asked) == (two.task_definition, before, [])


def test_replaced_repositories_are_no_place_to_go_back_to(stand: Stand, ops: Ops) -> None:
    one = stand.deploy("one")
    other = one.web_image.replace("registry-web", "registry-other")
    stand.client("ecr").create_repository(repositoryName="registry-other")
    manifest = stand.client("ecr").batch_get_image(repositoryName="registry-web", imageIds=[{"imageTag": "one"}])
    stand.client("ecr").put_image(
        repositoryName="registry-other", imageManifest=manifest["images"][0]["imageManifest"], imageTag="one"
    )
    stand.record.append(replace(one, web_image=other, tag="other"))
    stand.deploy("two")
    message = ops.refused([*BACK, "2"], 3)
    assert "Container web of preqly-prod-web:2 runs" in message
    assert "release 2 has no image of that repository" in message


def test_migrations_that_the_older_release_does_not_know_refuse_it(stand: Stand, ops: Ops, database: Database) -> None:
    stand.deploy("one")
    two = stand.deploy("two", migrated=["core.0003_x"], snapshot="before-two")
    stand.deploy("three", migrated=["core.0004_y"], snapshot="before-three")
    database.is_in(unknown=["core.0003_x", "core.0004_y"])
    message = ops.refused([*BACK, "1"], 3)
    assert "Release 1 does not know migrations that the database has: core.0003_x, core.0004_y." in message
    assert "--allow-unknown-migrations" in message
    assert f"The database before release {two.number} is snapshot before-two" in message
    assert len(stand.record.history()) == 3
    assert ops(*BACK, "1", "--allow-unknown-migrations").code == 0


def test_without_a_snapshot_point_in_time_recovery_is_named(stand: Stand, ops: Ops, database: Database) -> None:
    stand.deploy("one", at="2026-11-20T12:00:00+00:00")
    stand.deploy("two", migrated=["core.0003_x"])
    database.is_in(unknown=["core.0003_x"])
    message = ops.refused(BACK, 3)
    assert "between release 1 (2026-11-20T12:00:00+00:00) and release 2 (2026-11-21T12:00:00+00:00)" in message
    assert "Point-in-time recovery has the database of any moment between the two" in message


def test_the_release_that_brought_a_migration_is_found_by_the_newest_it_knows(
    stand: Stand, ops: Ops, database: Database
) -> None:
    """An update before it that did not end well had run it."""
    stand.deploy("one", heads={"core": "0002_a"})
    stand.deploy("two", heads={"core": "0003_x"}, snapshot="before-two")
    stand.deploy("three", heads={"core": "0003_x"})
    database.is_in(unknown=["core.0003_x"])
    assert "The database before release 2 is snapshot before-two" in ops.refused([*BACK, "1"], 3)


def test_migrations_of_an_update_that_never_got_well_are_told_as_such(
    stand: Stand, ops: Ops, database: Database
) -> None:
    stand.deploy("one")
    stand.deploy("two")
    database.is_in(unknown=["core.0003_x"])
    message = ops.refused(BACK, 3)
    assert "An update after release 2 ran them and did not end well. Point-in-time recovery has the database" in message


def test_the_snapshot_that_such_an_update_took_is_named(stand: Stand, ops: Ops, database: Database) -> None:
    stand.deploy("one")
    stand.deploy("two", at="2020-01-01T12:00:00+00:00")
    stand.client("rds").create_db_snapshot(
        DBInstanceIdentifier=DATABASE,
        DBSnapshotIdentifier="before-three",
        Tags=[{"Key": MADE_FOR_TAG, "Value": "preqly-prod-migration:3"}],
    )
    database.is_in(unknown=["core.0003_x"])
    message = ops.refused(BACK, 3)
    assert "did not end well. The database before it is snapshot before-three: docs/operations.md" in message


def test_migrations_that_only_the_release_has_refuse_it_too(stand: Stand, ops: Ops, database: Database) -> None:
    one, two = stand.deploy("one"), stand.deploy("two")
    database.is_in(unapplied=["core.0003_x"])
    message = ops.refused([*BACK, "--allow-unknown-migrations"], 3)
    assert f"Release {one.number} needs migrations that the database does not have: core.0003_x" in message
    assert stand.runs == two.task_definition
