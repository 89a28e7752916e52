"""Which migrations the database and this image have."""

import logging

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from django_hosting.logs import JsonFormatter
from django_hosting.options import options

EVENT = "release_state"
"""`event` of the line."""


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


def state_line(connection: BaseDatabaseWrapper) -> str:
    """One line of JSON: `event` and the result of `release_state`, in the form of the log.

    It is no log record, because the release needs it whatever a project's own LOGGING makes of its lines.
    """
    record = logging.makeLogRecord({"name": __name__, "levelno": logging.INFO, "levelname": "INFO"})
    record.msg, record.fields = "release state", {"event": EVENT} | release_state(connection)
    return JsonFormatter(options().release).format(record)
