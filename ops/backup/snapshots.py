"""Manual snapshots of the database, and everything that can be restored."""

import secrets
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from infra.naming import SNAPSHOT_TAG, own_tag_value
from infra.release.reporting import Reporter
from ops.backup.media import MediaBucket
from ops.backup.restore_point import RestoreWindow, read_window
from ops.errors import OpsError, Refused
from ops.stack import Stack

POLL_SECONDS = 2
SNAPSHOT_SECONDS = 4 * 3600
"""The first snapshot copies the whole storage, later ones only the changes."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A snapshot of the database."""

    name: str
    kind: str
    """`before migration`, `manual`, or `automated`."""
    status: str
    created: datetime | None
    """None until it is available."""
    storage_gb: int


@dataclass(frozen=True, kw_only=True)
class Backups:
    """What can be restored."""

    database: str
    window: RestoreWindow | None
    snapshots: tuple[Snapshot, ...]
    """Newest first."""
    media_bucket: str
    media_kept_days: int
    """For how long overwritten and deleted files are kept."""

    def to_values(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return asdict(self)


def take(stack: Stack, database: str, report: Reporter) -> str:
    """Take a snapshot now, wait until it is available, and return its name. Raises OpsError or Refused."""
    rds: Any = stack.session.client("rds")
    name = f"{database}-manual-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    try:
        rds.create_db_snapshot(DBInstanceIdentifier=database, DBSnapshotIdentifier=name)
    except rds.exceptions.InvalidDBInstanceStateFault as error:
        raise Refused(f"No snapshot was started: {error.response['Error']['Message']}") from None
    report(f"Snapshot {name} started")
    deadline, shown = time.monotonic() + SNAPSHOT_SECONDS, -1
    while True:
        (found,) = rds.describe_db_snapshots(DBSnapshotIdentifier=name)["DBSnapshots"]
        if found["Status"] == "available":
            return name
        if found["Status"] == "failed" or time.monotonic() > deadline:
            raise OpsError(f"Snapshot {name} is {found['Status']}. `aws rds describe-events` says why.")
        if found["PercentProgress"] != shown:
            shown = found["PercentProgress"]
            report(f"{shown} %")
        time.sleep(POLL_SECONDS)


def read_backups(stack: Stack) -> Backups:
    """Everything that can be restored."""
    release = stack.history()[-1]
    rds: Any = stack.session.client("rds")
    media = MediaBucket(stack, release)
    found = sorted(_snapshots(rds, release.database), key=lambda one: str(one.created), reverse=True)
    return Backups(
        database=release.database,
        window=read_window(rds, release.database),
        snapshots=tuple(found),
        media_bucket=media.name,
        media_kept_days=media.kept_days() if media.name else 0,
    )


def find_snapshot(rds: Any, name: str) -> dict[str, Any] | None:
    """An entry of DescribeDBSnapshots; None when it does not exist."""
    try:
        return dict(rds.describe_db_snapshots(DBSnapshotIdentifier=name)["DBSnapshots"][0])
    except rds.exceptions.DBSnapshotNotFoundFault:
        return None


def _snapshots(rds: Any, database: str) -> Iterator[Snapshot]:
    for page in rds.get_paginator("describe_db_snapshots").paginate(DBInstanceIdentifier=database):
        for one in page["DBSnapshots"]:
            tags = {tag["Key"]: tag["Value"] for tag in one.get("TagList", [])}
            before = own_tag_value(tags, SNAPSHOT_TAG)
            yield Snapshot(
                name=one["DBSnapshotIdentifier"],
                kind="before migration" if before else one["SnapshotType"],
                status=one["Status"],
                created=one.get("SnapshotCreateTime"),
                storage_gb=one["AllocatedStorage"],
            )
