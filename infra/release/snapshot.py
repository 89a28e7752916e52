"""A snapshot of the database before its schema changes: the last few are kept, and nobody else's are touched."""

import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import ClientError, WaiterError

from infra.release.errors import ReleaseError
from infra.release.telling import Tell

MADE_FOR_TAG = "preqly:before-migration"
"""Tag of every snapshot made here, and of none else: the task definition of the migration it was taken before."""
SETTLE_SECONDS = 900
"""How long a change of the instance may take before a snapshot of it is possible."""
SNAPSHOT_SECONDS = 3600
"""The first snapshot holds the whole storage; the next ones only what changed."""
POLL_SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class SnapshotPolicy:
    """Of which database, and how many are kept."""

    database: str
    """Identifier of the RDS instance."""
    kept: int
    """Including the new one; 0 takes none."""


def take(session: boto3.Session, policy: SnapshotPolicy, made_for: str, tell: Tell) -> str:
    """Take a snapshot under a name of its own, wait until it is complete, drop ours beyond `kept`; return the name.

    Raises ReleaseError when it does not become available. An old one that cannot be dropped is only told.
    """
    rds: Any = session.client("rds")
    name = f"{policy.database}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    tell(f"Taking snapshot {name} of the database before the migration")
    try:
        _begin(rds, policy.database, name, made_for)
        config = {"Delay": POLL_SECONDS, "MaxAttempts": SNAPSHOT_SECONDS // POLL_SECONDS}
        rds.get_waiter("db_snapshot_available").wait(DBSnapshotIdentifier=name, WaiterConfig=config)
    except (ClientError, WaiterError) as error:
        raise ReleaseError(
            f"The snapshot {name} of database {policy.database} could not be taken, so nothing was migrated: {error}\n"
            "Run `pulumi up` again once the database is available and there is room for a snapshot; "
            "`pulumi config set snapshotsBeforeMigration 0` migrates without one."
        ) from None
    _drop_old(rds, policy, tell)
    return name


def _begin(rds: Any, database: str, name: str, made_for: str) -> None:
    """RDS says itself whether it can: also while it optimises storage, which may take more than a day."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        try:
            rds.create_db_snapshot(
                DBInstanceIdentifier=database,
                DBSnapshotIdentifier=name,
                Tags=[{"Key": MADE_FOR_TAG, "Value": made_for}],
            )
        except rds.exceptions.InvalidDBInstanceStateFault:
            if time.monotonic() > deadline:
                raise
            time.sleep(POLL_SECONDS)
        else:
            return


def taken_for(session: boto3.Session, database: str, made_for: str) -> str | None:
    """The snapshot that was taken before this migration; None when there was none, or it has been dropped."""
    ours = _ours(session.client("rds"), database)
    return next((one["DBSnapshotIdentifier"] for one in ours if _made_for(one) == made_for), None)


def first_since(session: boto3.Session, database: str, moment: datetime) -> str | None:
    """The oldest that was taken after this moment; None when there is none, or it has been dropped."""
    ours = reversed(_ours(session.client("rds"), database))
    return next((str(one["DBSnapshotIdentifier"]) for one in ours if one["SnapshotCreateTime"] > moment), None)


def _drop_old(rds: Any, policy: SnapshotPolicy, tell: Tell) -> None:
    for old in _ours(rds, policy.database)[policy.kept :]:
        name = old["DBSnapshotIdentifier"]
        try:
            rds.delete_db_snapshot(DBSnapshotIdentifier=name)
        except ClientError as error:
            tell(f"Snapshot {name} is beyond the last {policy.kept} and could not be dropped: {error}")


def _ours(rds: Any, database: str) -> list[dict[str, Any]]:
    """Newest first; one that is still being made has no time yet and is left alone."""
    pages = rds.get_paginator("describe_db_snapshots").paginate(DBInstanceIdentifier=database, SnapshotType="manual")
    found = [one for page in pages for one in page["DBSnapshots"] if _made_for(one) and one.get("SnapshotCreateTime")]
    return sorted(found, key=lambda one: one["SnapshotCreateTime"], reverse=True)


def _made_for(snapshot: dict[str, Any]) -> str | None:
    return next((tag["Value"] for tag in snapshot.get("TagList", []) if tag["Key"] == MADE_FOR_TAG), None)
