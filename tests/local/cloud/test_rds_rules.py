"""What RDS answers about snapshots and deletions, before anything is carried out."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import moto_patches
from local.cloud.config import CloudConfig
from local.cloud.server import EmbeddedCloud
from tests.local.cloud.clouds import client
from tests.local.cloud.databases import create, instance

SITE = {"DBInstanceIdentifier": "site"}


@pytest.fixture
def rds(cloud: EmbeddedCloud, config: CloudConfig) -> Iterator[Any]:
    """RDS with a database that an agent has made available; the test is the agent from here on."""
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


def test_a_snapshot_that_is_being_made_is_neither_deleted_nor_restored(rds: Any) -> None:
    rds.create_db_snapshot(**SITE, DBSnapshotIdentifier="one")
    assert code_of(rds.delete_db_snapshot, DBSnapshotIdentifier="one") == "InvalidDBSnapshotState"
    restore = {"DBInstanceIdentifier": "copy", "DBSnapshotIdentifier": "one"}
    assert code_of(rds.restore_db_instance_from_db_snapshot, **restore) == "InvalidDBSnapshotState"


def test_a_deletion_says_what_becomes_of_the_data(rds: Any) -> None:
    assert code_of(rds.delete_db_instance, **SITE) == "InvalidParameterCombination"
    both = {"SkipFinalSnapshot": True, "FinalDBSnapshotIdentifier": "last"}
    assert code_of(rds.delete_db_instance, **SITE, **both) == "InvalidParameterCombination"


def test_an_instance_goes_once_and_takes_its_time(rds: Any, cloud: EmbeddedCloud) -> None:
    rds.delete_db_instance(**SITE, FinalDBSnapshotIdentifier="last")
    assert instance(cloud)["DBInstanceStatus"] == "deleting"
    assert code_of(rds.delete_db_instance, **SITE, SkipFinalSnapshot=True) == "InvalidDBInstanceState"
    (last,) = rds.describe_db_snapshots(DBSnapshotIdentifier="last")["DBSnapshots"]
    assert last["Status"] == "creating"


def test_a_name_that_is_taken_leaves_the_instance_as_it_was(rds: Any, cloud: EmbeddedCloud) -> None:
    moto_patches.apply(agents=False, registry="localhost:1")
    rds.create_db_snapshot(**SITE, DBSnapshotIdentifier="taken")
    assert code_of(rds.delete_db_instance, **SITE, FinalDBSnapshotIdentifier="taken") == "DBSnapshotAlreadyExists"
    assert instance(cloud)["DBInstanceStatus"] == "available"


def test_no_backup_is_told_of_that_nobody_made(rds: Any) -> None:
    rds.create_db_instance(
        DBInstanceIdentifier="other",
        Engine="postgres",
        DBInstanceClass="db.t4g.micro",
        AllocatedStorage=20,
        MasterUsername="preqly",
        MasterUserPassword="some-Password1",
        BackupRetentionPeriod=7,
    )
    assert rds.describe_db_snapshots(DBInstanceIdentifier="other")["DBSnapshots"] == []
    point_in_time = {"SourceDBInstanceIdentifier": "site", "TargetDBInstanceIdentifier": "past"}
    assert (
        code_of(rds.restore_db_instance_to_point_in_time, **point_in_time, UseLatestRestorableTime=True)
        == "PointInTimeRestoreNotEnabled"
    )
