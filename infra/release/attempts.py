"""What updates did that did not end well: they put nothing on record, so the next good release answers for it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import boto3

from infra.release import snapshot
from infra.release.migration import Migrated
from infra.release.record import Release


def with_earlier_attempts(
    session: boto3.Session, history: Sequence[Release], database: str, done: Migrated
) -> Migrated:
    """The same, with what is new in the database although this update migrated nothing.

    Of each app that is its newest migration; whoever looks for the release that brought one finds it by that.
    """
    recorded = {head for one in history for head in one.heads.items()}
    new = [".".join(head) for head in sorted(done.heads.items()) if head not in recorded]
    # The first release, and records of before heads were kept, say nothing about others.
    if done.migrated or not recorded or not new:
        return done
    return replace(done, migrated=new, snapshot=done.snapshot or oldest_snapshot(session, history, database))


def oldest_snapshot(session: boto3.Session, history: Sequence[Release], database: str) -> str | None:
    """The first that was taken for a migration since the last release by `pulumi up`, so before whatever ran since."""
    # A rollback may have come in between; it takes none.
    last = next((one for one in reversed(history) if one.kind == "release"), history[0])
    return snapshot.first_since(session, database, datetime.fromisoformat(last.at))
