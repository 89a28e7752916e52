"""Database snapshots before migrations: the last few are kept, and no others are deleted."""

import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import ClientError, WaiterError

from infra.naming import SNAPSHOT_TAG, own_tag, own_tag_value
from infra.release.reporting import ReleaseError, Reporter

SETTLE_SECONDS = 900
"""How long a modification of the instance may delay a snapshot."""
SNAPSHOT_SECONDS = 3600
"""The first snapshot copies the whole storage, later ones only the changes."""
POLL_SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class SnapshotPolicy:
    """Which database to snapshot, and how many snapshots to keep."""

    project: str
    """Pulumi's project; part of the tag of the snapshots taken here, and of no others."""
    database: str
    """Identifier of the RDS instance."""
    kept: int
    """Including the new one; 0 takes none."""


def take(session: boto3.Session, policy: SnapshotPolicy, made_for: str, report: Reporter) -> str:
    """Take a snapshot, wait until it is available, delete those beyond `kept`, and return its name.

    Raises ReleaseError when it does not become available. Failed deletions are only reported.
    """
    rds: Any = session.client("rds")
    name = f"{policy.database}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    report(f"Taking snapshot {name} of the database before the migration")
    try:
        _create(rds, policy, name, made_for)
        config = {"Delay": POLL_SECONDS, "MaxAttempts": SNAPSHOT_SECONDS // POLL_SECONDS}
        rds.get_waiter("db_snapshot_available").wait(DBSnapshotIdentifier=name, WaiterConfig=config)
    except (ClientError, WaiterError) as error:
        raise ReleaseError(
            f"Snapshot {name} of database {policy.database} failed, so nothing was migrated: {error}\n"
            "Run `pulumi up` again when the database is available and the account's snapshot quota has room. "
            "`pulumi config set snapshotsBeforeMigration 0` migrates without a snapshot."
        ) from None
    _delete_old(rds, policy, report)
    return name


def _create(rds: Any, policy: SnapshotPolicy, name: str, made_for: str) -> None:
    # Not by the status of the instance: RDS takes snapshots during storage optimization, which may last a day.
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        try:
            rds.create_db_snapshot(
                DBInstanceIdentifier=policy.database,
                DBSnapshotIdentifier=name,
                Tags=[{"Key": own_tag(policy.project, SNAPSHOT_TAG), "Value": made_for}],
            )
        except rds.exceptions.InvalidDBInstanceStateFault:
            if time.monotonic() > deadline:
                raise
            time.sleep(POLL_SECONDS)
        else:
            return


def taken_for(session: boto3.Session, database: str, made_for: str) -> str | None:
    """The snapshot taken before this migration; None when there was none or it is deleted."""
    snapshots = _before_migrations(session.client("rds"), database)
    return next((one["DBSnapshotIdentifier"] for one in snapshots if _made_for(one) == made_for), None)


def first_since(session: boto3.Session, database: str, moment: datetime) -> str | None:
    """The oldest snapshot after this moment; None when there is none or it is deleted."""
    snapshots = reversed(_before_migrations(session.client("rds"), database))
    return next((str(one["DBSnapshotIdentifier"]) for one in snapshots if one["SnapshotCreateTime"] > moment), None)


def _delete_old(rds: Any, policy: SnapshotPolicy, report: Reporter) -> None:
    for old in _before_migrations(rds, policy.database)[policy.kept :]:
        name = old["DBSnapshotIdentifier"]
        try:
            rds.delete_db_snapshot(DBSnapshotIdentifier=name)
        except ClientError as error:
            report(f"Snapshot {name} is older than the last {policy.kept} and could not be deleted: {error}")


def _before_migrations(rds: Any, database: str) -> list[dict[str, Any]]:
    """The snapshots taken here, newest first. One in creation has no time yet and is left out."""
    pages = rds.get_paginator("describe_db_snapshots").paginate(DBInstanceIdentifier=database, SnapshotType="manual")
    found = [one for page in pages for one in page["DBSnapshots"] if _made_for(one) and one.get("SnapshotCreateTime")]
    return sorted(found, key=lambda one: one["SnapshotCreateTime"], reverse=True)


def _made_for(snapshot: dict[str, Any]) -> str | None:
    return own_tag_value({tag["Key"]: tag["Value"] for tag in snapshot.get("TagList", [])}, SNAPSHOT_TAG)
