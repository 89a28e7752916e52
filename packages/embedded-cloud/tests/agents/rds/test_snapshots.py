"""DB snapshots: backups that outlive their instance and restore its data."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from embedded_cloud.cloud import EmbeddedCloud
from embedded_cloud.testing.polling import wait_until
from support.clouds import client, error_code
from support.databases import available, create_instance, delete_instance, instance, psql, wait_until_available

pytestmark = pytest.mark.containers

NEW_PASSWORD = "another-Password3"


def snapshot(cloud: EmbeddedCloud, name: str) -> dict[str, Any]:
    (found,) = client(cloud, "rds").describe_db_snapshots(DBSnapshotIdentifier=name)["DBSnapshots"]
    return dict(found)


def take(cloud: EmbeddedCloud, name: str) -> None:
    client(cloud, "rds").create_db_snapshot(DBInstanceIdentifier="site", DBSnapshotIdentifier=name)
    assert snapshot(cloud, name)["Status"] == "creating"
    assert instance(cloud)["DBInstanceStatus"] == "backing-up"
    wait_until(lambda: snapshot(cloud, name)["Status"] == "available", 60)
    wait_until_available(cloud)


def copies(cloud: EmbeddedCloud) -> int:
    return len(list((cloud.config.state_dir / "db-snapshots").glob("*")))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCloud]:
    """A cloud with an available database that has one table."""
    with available(tmp_path_factory.mktemp("rds")) as cloud:
        psql(cloud, "CREATE TABLE kept AS SELECT 42 AS answer")
        yield cloud


def test_a_snapshot_brings_back_what_was_there_and_nothing_later(running: EmbeddedCloud) -> None:
    rds = client(running, "rds")
    take(running, "before")
    assert snapshot(running, "before")["PercentProgress"] == 100
    psql(running, "UPDATE kept SET answer = 43; CREATE ROLE later")
    rds.restore_db_instance_from_db_snapshot(
        DBInstanceIdentifier="copy", DBSnapshotIdentifier="before", DBSubnetGroupName="private"
    )
    assert instance(running, "copy")["DBInstanceStatus"] == "creating"
    wait_until_available(running, "copy")
    assert psql(running, "SELECT answer FROM kept", identifier="copy") == "42"
    assert psql(running, "SELECT count(*) FROM pg_roles WHERE rolname = 'later'", identifier="copy") == "0"
    assert psql(running, "SELECT answer FROM kept") == "43"
    delete_instance(running, "copy")


def test_a_deleted_snapshot_takes_its_copy_with_it(running: EmbeddedCloud) -> None:
    rds, before = client(running, "rds"), copies(running)
    take(running, "short-lived")
    rds.copy_db_snapshot(SourceDBSnapshotIdentifier="short-lived", TargetDBSnapshotIdentifier="twin")
    wait_until(lambda: snapshot(running, "twin")["Status"] == "available")
    assert copies(running) == before + 2
    for name in ("short-lived", "twin"):
        rds.delete_db_snapshot(DBSnapshotIdentifier=name)
    wait_until(lambda: copies(running) == before)


def test_a_new_password_holds_for_new_sessions_and_leaves_open_ones_alone(running: EmbeddedCloud) -> None:
    answers: list[str] = []
    session = threading.Thread(target=lambda: answers.append(psql(running, "SELECT pg_sleep(4), 'still here'")))
    session.start()
    wait_until(lambda: "pg_sleep" in psql(running, "SELECT query FROM pg_stat_activity WHERE pid <> pg_backend_pid()"))
    client(running, "rds").modify_db_instance(DBInstanceIdentifier="site", MasterUserPassword=NEW_PASSWORD)
    assert instance(running)["DBInstanceStatus"] == "resetting-master-credentials"
    wait_until_available(running)
    assert "password authentication failed" in psql(running, "SELECT 1")
    assert psql(running, "SELECT 1", NEW_PASSWORD) == "1"
    session.join()
    assert answers == ["|still here"]


def test_the_master_makes_roles_and_databases_and_is_no_superuser(running: EmbeddedCloud) -> None:
    sql = "SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
    assert psql(running, sql, NEW_PASSWORD) == "f|t|t"
    assert "permission denied" in psql(running, "COPY (SELECT 1) TO PROGRAM 'id'", NEW_PASSWORD)


def test_the_final_snapshot_holds_the_last_word_and_its_name_is_used_once(running: EmbeddedCloud) -> None:
    rds = client(running, "rds")
    take(running, "taken")
    psql(running, "CREATE TABLE last_words AS SELECT 'bye' AS said", NEW_PASSWORD)
    collision = {"DBInstanceIdentifier": "site", "FinalDBSnapshotIdentifier": "taken"}
    assert error_code(rds.delete_db_instance, **collision) == "DBSnapshotAlreadyExists"
    assert instance(running)["DBInstanceStatus"] == "available"
    rds.delete_db_instance(DBInstanceIdentifier="site", FinalDBSnapshotIdentifier="final")
    assert instance(running)["DBInstanceStatus"] == "deleting"
    wait_until(lambda: rds.describe_db_instances()["DBInstances"] == [], 60)
    assert snapshot(running, "final")["Status"] == "available"
    assert running.context.docker.containers("database") == []
    rds.restore_db_instance_from_db_snapshot(
        DBInstanceIdentifier="again", DBSnapshotIdentifier="final", DBSubnetGroupName="private"
    )
    wait_until_available(running, "again")
    assert psql(running, "SELECT said FROM last_words", NEW_PASSWORD, identifier="again") == "bye"


def test_a_new_instance_of_an_old_name_starts_empty_and_deleted_ones_leave_no_volume(running: EmbeddedCloud) -> None:
    create_instance(running)
    wait_until_available(running)
    assert "does not exist" in psql(running, "SELECT answer FROM kept")
    for identifier in ("site", "again"):
        delete_instance(running, identifier)
    docker = running.context.docker
    wait_until(lambda: docker.containers("database") == [] and docker.volumes("database") == [])
