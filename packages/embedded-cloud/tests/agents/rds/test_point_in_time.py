"""Automated backups: a restore reaches any moment of the window, from base backup and write-ahead log."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from embedded_cloud.cloud import EmbeddedCloud
from embedded_cloud.config import Clocks
from embedded_cloud.testing.polling import wait_until
from support.clouds import client
from support.databases import available, delete_instance, instance, psql, wait_until_available

pytestmark = pytest.mark.containers

FASTER = Clocks(time_factor=100)
"""The log is uploaded every three seconds."""
TO = {"SourceDBInstanceIdentifier": "site", "TargetDBInstanceIdentifier": "then"}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCloud]:
    """A cloud with a database in which a row was written every 100 ms."""
    with available(tmp_path_factory.mktemp("rds"), FASTER) as cloud:
        psql(cloud, "CREATE TABLE tick (at timestamptz)")
        ticks = "BEGIN FOR i IN 1..60 LOOP INSERT INTO tick VALUES (clock_timestamp()); COMMIT; PERFORM pg_sleep(0.1);"
        psql(cloud, f"DO $$ {ticks} END LOOP; END $$")
        yield cloud


def wait_until_restorable(cloud: EmbeddedCloud, moment: datetime, identifier: str = "site") -> None:
    wait_until(
        lambda: instance(cloud, identifier).get("LatestRestorableTime", datetime.min.replace(tzinfo=UTC)) > moment
    )


def retained(cloud: EmbeddedCloud) -> dict[str, Any]:
    filters = [{"Name": "status", "Values": ["retained"]}]
    answer = client(cloud, "rds").describe_db_instance_automated_backups(Filters=filters)
    (found,) = answer["DBInstanceAutomatedBackups"]
    return dict(found)


def ticks(cloud: EmbeddedCloud, which: str, identifier: str = "site") -> str:
    return psql(cloud, f"SELECT {which} FROM tick", identifier=identifier)  # noqa: S608 - the test's own text


def restore(cloud: EmbeddedCloud, **moment: Any) -> None:
    client(cloud, "rds").restore_db_instance_to_point_in_time(**TO, **moment, DBSubnetGroupName="private")
    wait_until_available(cloud, "then")


def test_a_restore_ends_at_its_second(written: EmbeddedCloud) -> None:
    middle = datetime.fromisoformat(ticks(written, "min(at) + (max(at) - min(at)) / 2")).replace(microsecond=0)
    wait_until_restorable(written, middle)
    restore(written, RestoreTime=middle)
    last = datetime.fromisoformat(ticks(written, "max(at)", "then"))
    assert middle - timedelta(seconds=1) < last <= middle
    assert ticks(written, "count(*)", "then") == ticks(written, f"count(*) FILTER (WHERE at <= '{last}')")
    delete_instance(written, "then")


def test_the_last_restorable_moment_is_reached_and_has_the_password_of_its_time(written: EmbeddedCloud) -> None:
    last = datetime.fromisoformat(ticks(written, "max(at)"))
    wait_until_restorable(written, last)
    client(written, "rds").modify_db_instance(DBInstanceIdentifier="site", MasterUserPassword="another-Password3")
    restore(written, UseLatestRestorableTime=True)
    assert ticks(written, "count(*)", "then") == "60"


def test_what_a_restored_instance_writes_can_be_restored_too(written: EmbeddedCloud) -> None:
    psql(written, "INSERT INTO tick VALUES (clock_timestamp())", identifier="then")
    last = datetime.fromisoformat(ticks(written, "max(at)", "then"))
    wait_until_restorable(written, last, "then")
    rds = client(written, "rds")
    again = {"SourceDBInstanceIdentifier": "then", "TargetDBInstanceIdentifier": "again"}
    rds.restore_db_instance_to_point_in_time(**again, UseLatestRestorableTime=True, DBSubnetGroupName="private")
    wait_until_available(written, "again")
    assert ticks(written, "count(*)", "again") == "61"
    delete_instance(written, "again")
    delete_instance(written, "then")


def test_a_retained_backup_restores_the_last_word_of_its_instance(written: EmbeddedCloud) -> None:
    rds, resource = client(written, "rds"), instance(written)["DbiResourceId"]
    psql(written, "CREATE TABLE last_words AS SELECT 'bye' AS said", "another-Password3")
    delete_instance(written, SkipFinalSnapshot=True, DeleteAutomatedBackups=False)
    assert retained(written)["DbiResourceId"] == resource
    from_retained = {"SourceDbiResourceId": resource, "TargetDBInstanceIdentifier": "then"}
    rds.restore_db_instance_to_point_in_time(**from_retained, UseLatestRestorableTime=True, DBSubnetGroupName="private")
    wait_until_available(written, "then")
    assert psql(written, "SELECT said FROM last_words", "another-Password3", identifier="then") == "bye"


def test_deleted_backups_leave_no_volume(written: EmbeddedCloud) -> None:
    rds, docker = client(written, "rds"), written.context.docker
    delete_instance(written, "then")
    rds.delete_db_instance_automated_backup(DbiResourceId=retained(written)["DbiResourceId"])
    wait_until(lambda: docker.volumes("database-archive") == [] and docker.volumes("database") == [])
    wait_until(lambda: list((written.config.state_dir / "db-snapshots").glob("*")) == [])
