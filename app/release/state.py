"""Which migrations the database and this image have."""

import logging

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

log = logging.getLogger(__name__)

EVENT = "release_state"
"""`event` of the log line."""


def release_state(connection: BaseDatabaseWrapper) -> dict[str, object]:
    """Return migrations as "application.name".

    unapplied: in the image only, in the order in which they would run. unknown: in the database only. heads: the
    newest in the image, by application.
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
    """Log one line of JSON: `event` and the result of `release_state`."""
    log.info("release state", extra={"fields": {"event": EVENT} | release_state(connection)})
