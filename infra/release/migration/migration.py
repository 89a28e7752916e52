"""Migrate the database before ECS changes the service. After a failure the previous release keeps serving."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import boto3

from infra.naming import MIGRATION_TAG, own_tag, own_tag_value
from infra.release.migration import one_off_task, release_state, snapshot
from infra.release.migration.one_off_task import OneOffTask
from infra.release.migration.snapshot import SnapshotPolicy
from infra.release.record import ReleaseRecord
from infra.release.reporting import ReleaseError, Reporter

PREPARE_COMMAND = ("python", "manage.py", "prepare_release")
"""Waits for the database, creates the application's role, publishes static files and prints the state of the release.
It never migrates, so a rollback runs it too."""
LISTED = 10
"""With more migrations than this, only their number is reported. The record lists them all."""
PREPARE_SECONDS = 900


@dataclass(frozen=True, kw_only=True)
class MigrationResult:
    """What was migrated for a release. The fields are those of `ReleaseRecord`."""

    heads: Mapping[str, str] = field(default_factory=dict)
    migrated: Sequence[str] = ()
    snapshot: str | None = None


def task_of_service(inputs: Mapping[str, Any]) -> OneOffTask:
    """The migration task of a service with these Pulumi inputs."""
    network = inputs["networkConfiguration"]
    definition = migrated_with(inputs)
    if definition is None:
        raise KeyError(f"the service has no tag {own_tag('<project>', MIGRATION_TAG)}")
    return OneOffTask(
        cluster=inputs["cluster"],
        task_definition=definition,
        subnets=network["subnets"],
        security_groups=network["securityGroups"],
        public_address=bool(network.get("assignPublicIp", False)),
    )


def migrated_with(inputs: Mapping[str, Any]) -> str | None:
    """The task definition that migrated the database for the service; None before the first release."""
    return own_tag_value(inputs.get("tags") or {}, MIGRATION_TAG)


def run_migration(
    session: boto3.Session, task: OneOffTask, policy: SnapshotPolicy, report: Reporter
) -> MigrationResult:
    """Prepare the release; if it has new migrations, take a snapshot and run them, as long as the task may run.

    Raises ReleaseError.
    """
    try:
        return _run(session, task, policy, report)
    except ReleaseError as error:
        raise ReleaseError(
            f"The release was not rolled out and the service was not touched: {error}\n"
            "Fix the cause and run `pulumi up` again; nothing else is needed."
        ) from None


def with_earlier_attempts(
    session: boto3.Session, history: Sequence[ReleaseRecord], database: str, result: MigrationResult
) -> MigrationResult:
    """The result; when this update ran no migration, with those of updates that failed before their record.

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


def _run(session: boto3.Session, task: OneOffTask, policy: SnapshotPolicy, report: Reporter) -> MigrationResult:
    prepare = replace(
        task, command=PREPARE_COMMAND, what="the preparation of the release", timeout_seconds=PREPARE_SECONDS
    )
    state = release_state.run_and_read(session, prepare)
    if state.unknown:
        report(f"The database has migrations that this release does not know: {', '.join(state.unknown)}")
    if not state.unapplied:
        report("Nothing to migrate")
        return MigrationResult(heads=state.heads)
    name = None
    if policy.kept and not state.database_is_empty:
        name = snapshot.take(session, policy, task.task_definition, report)
    report(f"Migrating: {_listed(state.unapplied)}")
    one_off_task.run(session, task)
    return MigrationResult(heads=state.heads, migrated=state.unapplied, snapshot=name)


def _listed(migrations: Sequence[str]) -> str:
    if len(migrations) <= LISTED:
        return ", ".join(migrations)
    return f"{len(migrations)} migrations, {migrations[0]} to {migrations[-1]}"
