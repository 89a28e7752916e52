"""Bring the database to a release before the service is touched; a failure keeps the old release serving."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import boto3

from infra.release import one_off_task, release_state, snapshot
from infra.release.errors import ReleaseError
from infra.release.one_off_task import OneOffTask
from infra.release.release_state import ReleaseState
from infra.release.snapshot import SnapshotPolicy
from infra.release.telling import Tell

MIGRATION_TAG = "preqly:migration"
"""Tag of the ECS service that names the task definition its release was migrated with."""
PREPARE_COMMAND = ("python", "manage.py", "prepare_release")
"""Waits for the database, makes the application's role, publishes static files, prints the release's state; it never
migrates, so a rollback runs it too."""
NAMED = 10
"""More migrations than these are counted, not listed: the record has them all."""
MIGRATE_SECONDS = 3600
"""An index on a large table takes its time, and the old release serves meanwhile."""


@dataclass(frozen=True, kw_only=True)
class Migrated:
    """What was done for a release, and what it knows."""

    heads: Mapping[str, str] = field(default_factory=dict)
    migrated: Sequence[str] = ()
    snapshot: str | None = None


def task_of_service(inputs: Mapping[str, Any]) -> OneOffTask:
    """The migration of a service with these inputs: the same cluster and network, the task its tag names."""
    network = inputs["networkConfiguration"]
    return OneOffTask(
        cluster=inputs["cluster"],
        task_definition=inputs["tags"][MIGRATION_TAG],
        subnets=network["subnets"],
        security_groups=network["securityGroups"],
        public_address=bool(network.get("assignPublicIp", False)),
    )


def migrated_with(inputs: Mapping[str, Any]) -> str | None:
    """The task definition that the service's release was migrated with; None before the first one."""
    return (inputs.get("tags") or {}).get(MIGRATION_TAG)


def run_migration(session: boto3.Session, task: OneOffTask, policy: SnapshotPolicy, tell: Tell) -> Migrated:
    """Prepare the release, then take a snapshot and migrate if there is anything to migrate. Raises ReleaseError."""
    try:
        return _run(session, task, policy, tell)
    except ReleaseError as error:
        raise ReleaseError(
            f"The release was not rolled out and the service was not touched: {error}\n"
            "Remove the cause and run `pulumi up` again; nothing else is needed."
        ) from None


def _run(session: boto3.Session, task: OneOffTask, policy: SnapshotPolicy, tell: Tell) -> Migrated:
    prepare = replace(task, command=PREPARE_COMMAND, what="the preparation of the release")
    state = release_state.run_and_read(session, prepare)
    _tell_unknown(state, tell)
    if not state.unapplied:
        tell("Nothing to migrate")
        return Migrated(heads=state.heads)
    name = None
    if policy.kept and not state.database_is_empty:
        name = snapshot.take(session, policy, task.task_definition, tell)
    tell(f"Migrating: {told_migrations(state.unapplied)}")
    one_off_task.run(session, replace(task, timeout_seconds=MIGRATE_SECONDS))
    return Migrated(heads=state.heads, migrated=state.unapplied, snapshot=name)


def told_migrations(migrations: Sequence[str]) -> str:
    """Their names, or how many there are."""
    if len(migrations) <= NAMED:
        return ", ".join(migrations)
    return f"{len(migrations)} migrations, {migrations[0]} to {migrations[-1]}"


def _tell_unknown(state: ReleaseState, tell: Tell) -> None:
    if state.unknown:
        tell(f"The database has migrations that this release does not know: {', '.join(state.unknown)}")
