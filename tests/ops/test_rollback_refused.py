"""What a rollback refuses before it touches anything, and the alternative it names."""

from dataclasses import replace

from tests.ops.conftest import Database, Ops
from tests.ops.fixtures import DATABASE, ROLLBACK, DeployedStack


def test_the_first_release_has_no_previous_one(stack: DeployedStack, ops: Ops) -> None:
    assert "Stack prod has no release yet" in ops.refused(ROLLBACK, 1)
    stack.deploy("one")
    message = ops.refused(ROLLBACK, 3)
    assert "There is no release to go back to: release 1 (one, revision rev-one) is the only one" in message


def test_a_number_that_is_not_on_record_is_wrong_usage(stack: DeployedStack, ops: Ops) -> None:
    stack.deploy("one")
    stack.deploy("two")
    assert "Release 7 is not on record. The record has releases 1 to 2" in ops.refused([*ROLLBACK, "7"], 2)


def test_a_deleted_image_is_reported_before_anything_is_touched(
    stack: DeployedStack, ops: Ops, database: Database
) -> None:
    one, two = stack.deploy("one"), stack.deploy("two", setting="b")
    before = stack.revisions
    digest = one.proxy_image.partition("@")[2]
    stack.client("ecr").batch_delete_image(repositoryName="registry-proxy", imageIds=[{"imageDigest": digest}])
    message = ops.refused(ROLLBACK, 3)
    assert f"Release 1 cannot run again: the registry no longer has {one.proxy_image}. Nothing was touched" in message
    assert "revision rev-one" in message
    assert (stack.runs, stack.revisions, database.read) == (two.task_definition, before, [])


def test_a_release_of_replaced_repositories_is_refused(stack: DeployedStack, ops: Ops) -> None:
    one = stack.deploy("one")
    other = one.web_image.replace("registry-web", "registry-other")
    stack.client("ecr").create_repository(repositoryName="registry-other")
    manifest = stack.client("ecr").batch_get_image(repositoryName="registry-web", imageIds=[{"imageTag": "one"}])
    stack.client("ecr").put_image(
        repositoryName="registry-other", imageManifest=manifest["images"][0]["imageManifest"], imageTag="one"
    )
    stack.record.append(replace(one, web_image=other, tag="other"))
    stack.deploy("two")
    message = ops.refused([*ROLLBACK, "2"], 3)
    assert "Container web of preqly-prod-web:2 runs" in message
    assert "release 2 has no image of that repository" in message


def test_migrations_that_the_older_release_does_not_know_refuse_it(
    stack: DeployedStack, ops: Ops, database: Database
) -> None:
    stack.deploy("one")
    two = stack.deploy("two", migrated=["core.0003_x"], snapshot="before-two")
    stack.deploy("three", migrated=["core.0004_y"], snapshot="before-three")
    database.is_in(unknown=["core.0003_x", "core.0004_y"])
    message = ops.refused([*ROLLBACK, "1"], 3)
    assert "Release 1 does not know migrations that the database has: core.0003_x, core.0004_y." in message
    assert "--allow-unknown-migrations" in message
    assert f"The database before release {two.number} is snapshot before-two" in message
    assert (len(stack.record.records()), database.prepared) == (3, [])
    assert ops(*ROLLBACK, "1", "--allow-unknown-migrations").code == 0


def test_without_a_snapshot_point_in_time_recovery_is_named(stack: DeployedStack, ops: Ops, database: Database) -> None:
    stack.deploy("one", at="2026-11-20T12:00:00+00:00")
    stack.deploy("two", migrated=["core.0003_x"])
    database.is_in(unknown=["core.0003_x"])
    message = ops.refused(ROLLBACK, 3)
    assert "between release 1 (2026-11-20T12:00:00+00:00) and release 2 (2026-11-21T12:00:00+00:00)" in message
    assert "Point-in-time recovery can restore the database of any moment between the two" in message


def test_the_release_that_brought_a_migration_is_found_by_the_newest_it_knows(
    stack: DeployedStack, ops: Ops, database: Database
) -> None:
    """An update before it that failed had run it."""
    stack.deploy("one", heads={"core": "0002_a"})
    stack.deploy("two", heads={"core": "0003_x"}, snapshot="before-two")
    stack.deploy("three", heads={"core": "0003_x"})
    database.is_in(unknown=["core.0003_x"])
    assert "The database before release 2 is snapshot before-two" in ops.refused([*ROLLBACK, "1"], 3)


def test_migrations_of_a_failed_update_are_reported_as_such_with_its_snapshot(
    stack: DeployedStack, ops: Ops, database: Database
) -> None:
    stack.deploy("one")
    stack.deploy("two", at="2020-01-01T12:00:00+00:00")
    database.is_in(unknown=["core.0003_x"])
    message = ops.refused(ROLLBACK, 3)
    assert "An update after release 2 ran them and failed. Point-in-time recovery can restore the database" in message
    stack.create_database()
    stack.client("rds").create_db_snapshot(
        DBInstanceIdentifier=DATABASE,
        DBSnapshotIdentifier="before-three",
        Tags=[{"Key": "preqly:before-migration", "Value": "preqly-prod-migration:3"}],
    )
    message = ops.refused(ROLLBACK, 3)
    assert "failed. The database before it is snapshot before-three: docs/operations.md" in message


def test_migrations_that_only_the_release_has_refuse_it_too(stack: DeployedStack, ops: Ops, database: Database) -> None:
    one, two = stack.deploy("one"), stack.deploy("two")
    database.is_in(unapplied=["core.0003_x"])
    message = ops.refused([*ROLLBACK, "--allow-unknown-migrations"], 3)
    assert f"Release {one.number} needs migrations that the database does not have: core.0003_x" in message
    assert stack.runs == two.task_definition
