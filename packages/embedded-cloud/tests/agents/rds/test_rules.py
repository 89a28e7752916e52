"""What RDS answers to requests for instances and snapshots; PostgreSQL's configuration files."""

import base64
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from embedded_cloud.agents.rds import postgres
from embedded_cloud.agents.rds.agent import RdsAgent
from embedded_cloud.api import moto_patches
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


def test_no_automated_backup_is_described(rds: Any) -> None:
    rds.create_db_instance(
        DBInstanceIdentifier="other",
        Engine="postgres",
        DBInstanceClass="db.t4g.micro",
        AllocatedStorage=20,
        MasterUsername="example",
        MasterUserPassword="some-Password1",
        BackupRetentionPeriod=7,
    )
    assert rds.describe_db_snapshots(DBInstanceIdentifier="other")["DBSnapshots"] == []
    point_in_time = {"SourceDBInstanceIdentifier": "site", "TargetDBInstanceIdentifier": "past"}
    assert (
        error_code(rds.restore_db_instance_to_point_in_time, **point_in_time, UseLatestRestorableTime=True)
        == "PointInTimeRestoreNotEnabled"
    )


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
    verifier = postgres.scram_verifier("pencil", base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="))
    assert verifier == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
        "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("rds.force_ssl", "1"), ("port", "1"), ("ssl", "off"), ("shared_buffers", "{DBInstanceClassMemory/32768}")],
)
def test_settings_that_the_cloud_decides_are_omitted(name: str, value: str) -> None:
    assert postgres.parameters_conf({name: value, "work_mem": "8MB"}) == "work_mem = '8MB'\n"


def test_values_cannot_close_their_quotes() -> None:
    assert postgres.parameters_conf({"work_mem": "1'\nssl = off"}) == "work_mem = '1''\nssl = off'\n"
    assert "\\set master 'o''brien'\n" in postgres.roles_sql("o'brien", "v", None)


def test_the_start_script_is_valid_for_the_shell(tmp_path: Path) -> None:
    script = tmp_path / "start.sh"
    script.write_text(postgres.START_SCRIPT)
    assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0
