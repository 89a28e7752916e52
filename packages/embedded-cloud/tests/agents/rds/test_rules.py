"""What RDS answers to requests for snapshots and deletions."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_cloud.api import moto_patches
from embedded_cloud.cloud import EmbeddedCloud
from embedded_cloud.config import CloudConfig
from support.clouds import client
from support.databases import create, instance

SITE = {"DBInstanceIdentifier": "site"}


@pytest.fixture
def rds(cloud: EmbeddedCloud, config: CloudConfig) -> Iterator[Any]:
    """RDS with an available database. The test plays the agent."""
    create(cloud)
    moto_patches.apply(agents=True, registry=f"localhost:{config.registry_port}")
    yield client(cloud, "rds")
    moto_patches.apply(agents=False, registry=f"localhost:{config.registry_port}")


def code_of(work: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as failure:
        work(**arguments)
    return str(failure.value.response["Error"]["Code"])


def test_a_snapshot_takes_its_time_and_so_does_its_instance(rds: Any, cloud: EmbeddedCloud) -> None:
    made = rds.create_db_snapshot(**SITE, DBSnapshotIdentifier="one")["DBSnapshot"]
    assert (made["Status"], made["PercentProgress"]) == ("creating", 0)
    assert instance(cloud)["DBInstanceStatus"] == "backing-up"
    assert code_of(rds.create_db_snapshot, **SITE, DBSnapshotIdentifier="two") == "InvalidDBInstanceState"


def test_an_unfinished_snapshot_is_neither_deleted_nor_restored(rds: Any) -> None:
    rds.create_db_snapshot(**SITE, DBSnapshotIdentifier="one")
    assert code_of(rds.delete_db_snapshot, DBSnapshotIdentifier="one") == "InvalidDBSnapshotState"
    restore = {"DBInstanceIdentifier": "copy", "DBSnapshotIdentifier": "one"}
    assert code_of(rds.restore_db_instance_from_db_snapshot, **restore) == "InvalidDBSnapshotState"


def test_a_deletion_must_say_what_happens_to_the_data(rds: Any) -> None:
    assert code_of(rds.delete_db_instance, **SITE) == "InvalidParameterCombination"
    both = {"SkipFinalSnapshot": True, "FinalDBSnapshotIdentifier": "last"}
    assert code_of(rds.delete_db_instance, **SITE, **both) == "InvalidParameterCombination"


def test_an_instance_is_deleted_once_and_not_at_once(rds: Any, cloud: EmbeddedCloud) -> None:
    rds.delete_db_instance(**SITE, FinalDBSnapshotIdentifier="last")
    assert instance(cloud)["DBInstanceStatus"] == "deleting"
    assert code_of(rds.delete_db_instance, **SITE, SkipFinalSnapshot=True) == "InvalidDBInstanceState"
    (last,) = rds.describe_db_snapshots(DBSnapshotIdentifier="last")["DBSnapshots"]
    assert last["Status"] == "creating"


def test_a_taken_snapshot_name_leaves_the_instance_available(rds: Any, cloud: EmbeddedCloud) -> None:
    moto_patches.apply(agents=False, registry="localhost:1")
    rds.create_db_snapshot(**SITE, DBSnapshotIdentifier="taken")
    assert code_of(rds.delete_db_instance, **SITE, FinalDBSnapshotIdentifier="taken") == "DBSnapshotAlreadyExists"
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
        code_of(rds.restore_db_instance_to_point_in_time, **point_in_time, UseLatestRestorableTime=True)
        == "PointInTimeRestoreNotEnabled"
    )
