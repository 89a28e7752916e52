"""Against moto, which keeps snapshots as RDS does."""

import time
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.core import DEFAULT_ACCOUNT_ID
from moto.rds.models import rds_backends

from infra.release.migration import snapshot
from infra.release.migration.snapshot import SnapshotPolicy, first_since, take, taken_for
from infra.release.reporting import ReleaseError

DATABASE = "preqly-1a2b3c4d"
POLICY = SnapshotPolicy(project="preqly", database=DATABASE, kept=2)
reported: list[str] = []


@pytest.fixture(autouse=True)
def _databases(session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    reported.clear()
    rds = session.client("rds")
    for name in (DATABASE, "other"):
        rds.create_db_instance(
            DBInstanceIdentifier=name,
            DBInstanceClass="db.t4g.micro",
            Engine="postgres",
            AllocatedStorage=20,
            MasterUsername="preqly",
            MasterUserPassword="not-a-secret",
        )


def names(session: boto3.Session) -> set[str]:
    found: Any = session.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    return {one["DBSnapshotIdentifier"] for one in found}


def test_two_snapshots_in_the_same_second_have_two_names(session: boto3.Session) -> None:
    made = {take(session, POLICY, "task:1", reported.append), take(session, POLICY, "task:2", reported.append)}
    assert names(session) == made
    assert len(made) == 2
    assert all(name.startswith(f"{DATABASE}-2") for name in made)


def test_only_the_last_ones_of_this_program_and_database_are_deleted(session: boto3.Session) -> None:
    rds: Any = session.client("rds")
    rds.create_db_snapshot(DBInstanceIdentifier=DATABASE, DBSnapshotIdentifier="by-hand")
    rds.create_db_snapshot(
        DBInstanceIdentifier="other",
        DBSnapshotIdentifier="of-another",
        Tags=[{"Key": "preqly:before-migration", "Value": "task:0"}],
    )
    made = [take(session, POLICY, f"task:{number}", reported.append) for number in range(4)]
    assert names(session) == {"by-hand", "of-another", *made[-2:]}


def test_the_snapshot_of_a_migration_is_found_again(session: boto3.Session) -> None:
    name = take(session, POLICY, "task:1", reported.append)
    take(session, POLICY, "task:2", reported.append)
    assert taken_for(session, DATABASE, "task:1") == name
    assert taken_for(session, DATABASE, "task:9") is None


def test_a_database_whose_storage_is_optimised_is_not_waited_for(
    session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "SETTLE_SECONDS", 0)
    rds_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].databases[DATABASE].status = "storage-optimization"
    name = take(session, POLICY, "task:1", reported.append)
    assert names(session) == {name}


def refusing(session: boto3.Session, monkeypatch: pytest.MonkeyPatch, times: int) -> list[str]:
    """The names of snapshots that RDS is asked for; so many times it says that the database is not ready."""
    rds: Any = session.client("rds")
    create, asked = rds.create_db_snapshot, []

    def refuse(**parameters: Any) -> Any:
        asked.append(parameters["DBSnapshotIdentifier"])
        if len(asked) <= times:
            raise rds.exceptions.InvalidDBInstanceStateFault(
                {"Error": {"Code": "InvalidDBInstanceState", "Message": "modifying"}}, "CreateDBSnapshot"
            )
        return create(**parameters)

    monkeypatch.setattr(rds, "create_db_snapshot", refuse)
    monkeypatch.setattr(session, "client", lambda _: rds)
    return asked


def test_a_modification_of_the_database_is_waited_for(session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = refusing(session, monkeypatch, times=1)
    name = take(session, POLICY, "task:1", reported.append)
    assert asked == [name, name]


def test_a_database_that_does_not_settle_fails_the_migration(
    session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "SETTLE_SECONDS", 0)
    refusing(session, monkeypatch, times=99)
    with pytest.raises(ReleaseError, match=r"(?s)failed, so nothing was migrated: .*modifying"):
        take(session, POLICY, "task:1", reported.append)


def test_a_failed_snapshot_stops_the_migration(session: boto3.Session) -> None:
    session.client("rds").delete_db_instance(DBInstanceIdentifier=DATABASE, SkipFinalSnapshot=True)
    with pytest.raises(ReleaseError, match=r"(?s)failed, so nothing was migrated: .*snapshotsBeforeMig"):
        take(session, POLICY, "task:1", reported.append)


def test_an_old_snapshot_that_cannot_be_deleted_is_only_reported(
    session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    rds: Any = session.client("rds")

    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DeleteDBSnapshot")

    monkeypatch.setattr(rds, "delete_db_snapshot", refuse)
    monkeypatch.setattr(session, "client", lambda _: rds)
    first, *_ = [take(session, POLICY, f"task:{number}", reported.append) for number in range(3)]
    assert f"Snapshot {first} is older than the last 2 and could not be deleted" in reported[-1]


def test_the_first_snapshot_since_a_moment_ignores_those_by_hand(session: boto3.Session) -> None:
    rds: Any = session.client("rds")
    before = datetime(2020, 1, 1, tzinfo=UTC)
    assert first_since(session, DATABASE, before) is None
    rds.create_db_snapshot(DBInstanceIdentifier=DATABASE, DBSnapshotIdentifier="by-hand")
    made = [take(session, POLICY, f"task:{number}", reported.append) for number in range(2)]
    kept = rds_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].database_snapshots
    for minute, name in enumerate(("by-hand", *made)):
        kept[name].created = datetime(2026, 1, 1, 0, minute, tzinfo=UTC)
    assert first_since(session, DATABASE, before) == made[0]
    assert first_since(session, DATABASE, datetime(2026, 1, 1, 0, 1, tzinfo=UTC)) == made[1]
