"""Migrations of updates that failed before their record: the next good release records them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import boto3

from infra.release.migration import snapshot
from infra.release.migration.migration import MigrationResult
from infra.release.record import ReleaseRecord


def with_earlier_attempts(
    session: boto3.Session, history: Sequence[ReleaseRecord], database: str, result: MigrationResult
) -> MigrationResult:
    """The result, with migrations that no record knows when this update itself ran none.

    Only the newest migration of each app is known. That is enough to find the release that brought a migration.
    """
    recorded = {head for one in history for head in one.heads.items()}
    new = [".".join(head) for head in sorted(result.heads.items()) if head not in recorded]
    if result.migrated or not recorded or not new:
        return result
    return replace(result, migrated=new, snapshot=result.snapshot or oldest_snapshot(session, history, database))


def oldest_snapshot(session: boto3.Session, history: Sequence[ReleaseRecord], database: str) -> str | None:
    """The first snapshot since the last release by `pulumi up`: older than every migration since then."""
    # A rollback in between takes no snapshot.
    last = next((one for one in reversed(history) if one.kind == "release"), history[0])
    return snapshot.first_since(session, database, datetime.fromisoformat(last.at))
