"""What RDS answers to requests for instances and snapshots; PostgreSQL's configuration files."""

import base64
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from moto.core.utils import utcnow

from embedded_cloud.agents.rds import configuration
from embedded_cloud.agents.rds.agent import RdsAgent
from embedded_cloud.api import moto_patches
from embedded_cloud.api.moto_patches.rds_automated_backups import automated_backups, expired
from embedded_cloud.cloud import EmbeddedCloud
from embedded_cloud.testing.polling import wait_until
from support.clouds import Start, client, error_code, patched_for_agents
from support.databases import create, create_instance, instance, psql, wait_until_available

SITE = {"DBInstanceIdentifier": "site"}


@pytest.fixture
def rds(cloud: EmbeddedCloud) -> Iterator[Any]:
    """RDS with an available database. The test plays the agent."""
    create(cloud)
    with patched_for_agents():
        yield client(cloud, "rds")


def test_a_snapshot_takes_its_time_and_so_does_its_instance(rds: Any, cloud: EmbeddedCloud) -> None:
    made = rds.create_db_snapshot(**SITE, DBSnapshotIdentifier="one")["DBSnapshot"]
    assert (made["Status"], made["PercentProgress"]) == ("creating", 0)
    assert instance(cloud)["DBInstanceStatus"] == "backing-up"
    assert error_code(rds.create_db_snapshot, **SITE, DBSnapshotIdentifier="two") == "InvalidDBInstanceState"


def test_an_unfinished_snapshot_is_neither_deleted_nor_restored(rds: Any) -> None:
    rds.create_db_snapshot(**SITE, DBSnapshotIdentifier="one")
    assert error_code(rds.delete_db_snapshot, DBSnapshotIdentifier="one") == "InvalidDBSnapshotState"
    restore = {"DBInstanceIdentifier": "copy", "DBSnapshotIdentifier": "one"}
    assert error_code(rds.restore_db_instance_from_db_snapshot, **restore) == "InvalidDBSnapshotState"


def test_a_deletion_must_say_what_happens_to_the_data(rds: Any) -> None:
    assert error_code(rds.delete_db_instance, **SITE) == "InvalidParameterCombination"
    both = {"SkipFinalSnapshot": True, "FinalDBSnapshotIdentifier": "last"}
    assert error_code(rds.delete_db_instance, **SITE, **both) == "InvalidParameterCombination"


def test_an_instance_is_deleted_once_and_not_at_once(rds: Any, cloud: EmbeddedCloud) -> None:
    rds.delete_db_instance(**SITE, FinalDBSnapshotIdentifier="last")
    assert instance(cloud)["DBInstanceStatus"] == "deleting"
    assert error_code(rds.delete_db_instance, **SITE, SkipFinalSnapshot=True) == "InvalidDBInstanceState"
    (last,) = rds.describe_db_snapshots(DBSnapshotIdentifier="last")["DBSnapshots"]
    assert last["Status"] == "creating"


def test_a_taken_snapshot_name_leaves_the_instance_available(rds: Any, cloud: EmbeddedCloud) -> None:
    moto_patches.apply(agents=False, registry="localhost:1")
    rds.create_db_snapshot(**SITE, DBSnapshotIdentifier="taken")
    assert error_code(rds.delete_db_instance, **SITE, FinalDBSnapshotIdentifier="taken") == "DBSnapshotAlreadyExists"
    assert instance(cloud)["DBInstanceStatus"] == "available"


TO_THEN = {"SourceDBInstanceIdentifier": "site", "TargetDBInstanceIdentifier": "then"}
WINDOW = (datetime(2026, 1, 1, 12, tzinfo=UTC), datetime(2026, 1, 1, 13, tzinfo=UTC))
BOTH = {"RestoreTime": datetime(2026, 1, 1, tzinfo=UTC), "UseLatestRestorableTime": True}


def finish_backups(cloud: EmbeddedCloud) -> None:
    """Play the agent: the base backups are finished, and the log is archived."""
    backend, (began, until) = cloud.context.backend("rds"), (one.replace(tzinfo=None) for one in WINDOW)
    for snapshot in backend.database_snapshots.values():
        snapshot.status, snapshot.ended_at = "available", began
    backend.databases["site"].restorable_until = until


def test_a_moment_outside_of_the_restore_window_is_refused(rds: Any, cloud: EmbeddedCloud) -> None:
    restore = rds.restore_db_instance_to_point_in_time
    assert error_code(restore, **TO_THEN, UseLatestRestorableTime=True) == "InvalidDBInstanceState"
    finish_backups(cloud)
    (backup,) = rds.describe_db_instance_automated_backups()["DBInstanceAutomatedBackups"]
    assert (backup["Status"], *backup["RestoreWindow"].values()) == ("active", *WINDOW)
    assert instance(cloud)["LatestRestorableTime"] == WINDOW[1]
    for moment in (WINDOW[0] - timedelta(seconds=1), WINDOW[1] + timedelta(seconds=1)):
        assert error_code(restore, **TO_THEN, RestoreTime=moment) == "InvalidParameterValue"
    assert error_code(restore, **TO_THEN) == "InvalidParameterCombination"
    assert error_code(restore, **TO_THEN, **BOTH) == "InvalidParameterCombination"
    assert error_code(restore, **{**TO_THEN, "TargetDBInstanceIdentifier": "site"}, UseLatestRestorableTime=True) == (
        "DBInstanceAlreadyExists"
    )
    restored = restore(**TO_THEN, RestoreTime=WINDOW[0])["DBInstance"]
    default = (restored["DBParameterGroups"][0]["DBParameterGroupName"], restored["DeletionProtection"])
    assert default == ("default.postgres17", False)


def test_without_a_retention_there_is_no_backup(rds: Any, cloud: EmbeddedCloud) -> None:
    finish_backups(cloud)
    rds.modify_db_instance(**SITE, BackupRetentionPeriod=0)
    assert rds.describe_db_instance_automated_backups()["DBInstanceAutomatedBackups"] == []
    assert rds.describe_db_snapshots(**SITE)["DBSnapshots"] == []
    assert "LatestRestorableTime" not in instance(cloud)
    refused = error_code(rds.restore_db_instance_to_point_in_time, **TO_THEN, UseLatestRestorableTime=True)
    assert refused == "PointInTimeRestoreNotEnabled"


def test_an_automated_backup_is_deleted_with_its_instance_or_by_itself_once_that_is_gone(
    rds: Any, cloud: EmbeddedCloud
) -> None:
    finish_backups(cloud)
    (automated,) = rds.describe_db_snapshots(**SITE)["DBSnapshots"]
    name = automated["DBSnapshotIdentifier"]
    assert error_code(rds.delete_db_snapshot, DBSnapshotIdentifier=name) == "InvalidDBSnapshotState"
    of_site = {"DbiResourceId": instance(cloud)["DbiResourceId"]}
    delete = rds.delete_db_instance_automated_backup
    assert error_code(delete, **of_site) == "InvalidDBInstanceAutomatedBackupState"
    rds.delete_db_instance(**SITE, SkipFinalSnapshot=True, DeleteAutomatedBackups=False)
    del cloud.context.backend("rds").databases["site"]
    deleted = delete(**of_site)["DBInstanceAutomatedBackup"]
    assert (deleted["Status"], deleted["DBInstanceIdentifier"]) == ("retained", "site")
    assert error_code(delete, **of_site) == "DBInstanceAutomatedBackupNotFound"
    source = {"SourceDbiResourceId": of_site["DbiResourceId"], "TargetDBInstanceIdentifier": "then"}
    gone = error_code(rds.restore_db_instance_to_point_in_time, **source, UseLatestRestorableTime=True)
    assert gone == "DBInstanceAutomatedBackupNotFound"


def test_only_backups_that_a_moment_of_the_retention_needs_are_kept(rds: Any, cloud: EmbeddedCloud) -> None:
    backend, now = cloud.context.backend("rds"), utcnow()
    for days in (4, 3, 1):
        backend.create_auto_snapshot("site", f"rds:site-{days}")
        backend.database_snapshots[f"rds:site-{days}"].ended_at = now - timedelta(days=days)
    backend.databases["site"].backup_retention_period = 2
    (backup,) = automated_backups(backend)
    assert [one.db_snapshot_identifier for one in expired(backup)] == ["rds:site-4"]


@pytest.mark.containers
def test_data_survives_the_cloud_its_container_and_a_reboot(start: Start) -> None:
    cloud = start(RdsAgent)
    create(cloud)
    wait_until_available(cloud)
    psql(cloud, "CREATE TABLE kept AS SELECT 42 AS answer")
    client(cloud, "rds").reboot_db_instance(DBInstanceIdentifier="site")
    assert instance(cloud)["DBInstanceStatus"] == "rebooting"
    wait_until_available(cloud)
    cloud.stop()
    (container,) = cloud.context.docker.containers("database")
    container.remove(force=True)

    cloud = start(RdsAgent)
    wait_until(lambda: psql(cloud, "SELECT answer FROM kept") == "42")


def test_without_agents_an_instance_is_available_at_once(cloud: EmbeddedCloud) -> None:
    create(cloud)
    assert instance(cloud)["DBInstanceStatus"] == "available"


def test_two_instances_have_different_resource_identifiers(cloud: EmbeddedCloud) -> None:
    create(cloud)
    first = instance(cloud)["DbiResourceId"]
    client(cloud, "rds").delete_db_instance(DBInstanceIdentifier="site", SkipFinalSnapshot=True)
    create_instance(cloud)
    assert instance(cloud)["DbiResourceId"] != first


def test_the_verifier_follows_the_standard() -> None:
    # The example of RFC 7677, section 3: user "user", password "pencil".
    verifier = configuration.scram_verifier("pencil", base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="))
    assert verifier == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
        "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("rds.force_ssl", "1"), ("port", "1"), ("ssl", "off"), ("shared_buffers", "{DBInstanceClassMemory/32768}")],
)
def test_settings_that_the_cloud_decides_are_omitted(name: str, value: str) -> None:
    assert configuration.parameters_conf({name: value, "work_mem": "8MB"}) == "work_mem = '8MB'\n"


def test_values_cannot_close_their_quotes() -> None:
    assert configuration.parameters_conf({"work_mem": "1'\nssl = off"}) == "work_mem = '1''\nssl = off'\n"
    assert "\\set master 'o''brien'\n" in configuration.roles_sql("o'brien", "v", None)


def test_the_start_script_is_valid_for_the_shell(tmp_path: Path) -> None:
    script = tmp_path / "start.sh"
    script.write_text(configuration.START_SCRIPT)
    assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0
