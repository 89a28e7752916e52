"""Which migrations database and image have, for those who decide about a release."""

import logging

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

log = logging.getLogger(__name__)

EVENT = "release_state"
"""Finds the line in a log: its JSON has this as `event`."""


def release_state(connection: BaseDatabaseWrapper) -> dict[str, object]:
    """Migrations as "application.name"; changes nothing.

    unapplied: this image has them, the database not, in the order in which they would run. unknown: the database has
    them, this image not. heads: the newest that this image has, for each application.
    """
    executor = MigrationExecutor(connection)
    loader = executor.loader
    leaves = loader.graph.leaf_nodes()
    known = set(loader.disk_migrations)
    for migration in loader.disk_migrations.values():
        known.update(migration.replaces)
    plan = executor.migration_plan(leaves)
    return {
        "unapplied": [f"{migration.app_label}.{migration.name}" for migration, _ in plan],
        "unknown": sorted(f"{app}.{name}" for app, name in set(loader.applied_migrations) - known),
        "heads": dict(sorted(leaves)),
    }


def log_release_state(connection: BaseDatabaseWrapper) -> None:
    """One line of JSON: `event` and what `release_state` says."""
    log.info("release state", extra={"fields": {"event": EVENT} | release_state(connection)})
