"""What follows a good verdict: the earlier database role retired, the release on record, its images kept.

Everything is looked at in every update, so what a kill left undone is done by the next one.
"""

from dataclasses import replace

import boto3

from infra.release import attempts, kept_images
from infra.release.hosting import Hosting
from infra.release.migration import Migrated
from infra.release.record import Release, ReleaseRecord, utc_now
from infra.release.telling import Tell


def complete(
    session: boto3.Session, parameter: str, release: Release, migrated: Migrated | None, tell: Tell, on: Hosting
) -> Release:
    """Wait for the verdict over a release, and return it as it is on record. Raises ReleaseError.

    `migrated` is what was done for it in this update, None when that was in an earlier one.
    """
    record = ReleaseRecord(session, parameter)
    latest = record.latest()
    running = on.verify(session, release, latest, tell)
    for line in on.stale(session, release):
        tell(line)
    if latest is None or latest.task_definition != running:
        _retire_roles(session, latest, release, tell, on)
        done = migrated or _found_out(session, latest, release, on)
        if latest:
            done = attempts.with_earlier_attempts(session, record.history(), release.database, done)
        latest = record.append(
            replace(
                release,
                at=utc_now(),
                heads=dict(done.heads),
                migrated=list(done.migrated),
                snapshot=done.snapshot,
            )
        )
        tell(f"Release {latest.number} is on record")
    kept_images.keep(session, latest)
    return latest


def foreseen(release: Release, latest: Release | None) -> Release:
    """A release as it is on record, or will be: what a preview says, which asks nobody what runs.

    One that the command line brought back under a definition of its own gets the next number here and keeps its own.
    """
    if latest and latest.task_definition == release.task_definition:
        return latest
    return replace(release, number=latest.number + 1 if latest else 1)


def _retire_roles(session: boto3.Session, latest: Release | None, release: Release, tell: Tell, on: Hosting) -> None:
    if latest is None:
        return
    if latest.hosting == release.hosting:
        on.retire_roles(session, latest, release, tell)
    elif latest.secret_version not in ("", release.secret_version):
        tell(
            f"The secrets were rotated together with a move from {latest.hosting} to {release.hosting}, which still "
            "serves with the earlier ones: their database role keeps its login until the next rotation "
            "(preqly:secretsGeneration)"
        )


def _found_out(session: boto3.Session, latest: Release | None, release: Release, on: Hosting) -> Migrated:
    """What an earlier update did, as far as it can still be found."""
    if latest and latest.migration_task_definition == release.migration_task_definition:
        return Migrated(heads=latest.heads)
    return on.found_out(session, release)
