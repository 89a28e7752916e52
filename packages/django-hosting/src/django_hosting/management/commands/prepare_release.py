"""Prepare a release before it migrates and serves: database role, cache table, static files, expired sessions."""

import logging

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from django_hosting.application import application
from django_hosting.deadline import database_limits, request_timeout
from django_hosting.options import options
from django_hosting.release import cache_table
from django_hosting.release.command import ReleaseCommand
from django_hosting.release.migration_lock import migration_lock
from django_hosting.release.state import state_line
from django_hosting.schedules import runs
from django_hosting.static_files import are_published

log = logging.getLogger(__name__)


class Command(ReleaseCommand):
    """Run each part whose variable is set, then log the line of migration_state. May be repeated."""

    help = "Creates role and cache table, publishes static files, deletes expired sessions, logs missing migrations."

    def run(self) -> None:
        """Hold the migration lock, because two releases at once would create the same role."""
        with migration_lock(connection, options().migration_wait_seconds):
            runs.create_table(connection)
            _prepare_role()
            cache_table.create()
            _publish_static_files()
            _clear_sessions()
        self.stdout.write(state_line(connection))


def _prepare_role() -> None:
    role, own = options().application_database, connection.settings_dict
    if role and (connection.vendor, own["HOST"], own["NAME"]) != ("postgresql", role["HOST"], role["NAME"]):
        # The project keeps `database` to itself.
        log.info("no role is prepared: the project's own database is not the stack's")
    elif role:
        from django_hosting.release import roles  # noqa: PLC0415 - needs a driver for PostgreSQL

        seconds = max([request_timeout(), *(limit for _, limit in application().path_seconds)])
        schemas = (*options().schemas, *([runs.SCHEMA] if application().schedules else []))
        roles.prepare(connection, role, database_limits(seconds), schemas)
        log.info("role %s may use the database", role["USER"])


def _publish_static_files() -> None:
    if not are_published():
        return
    from django_hosting.release import static_files  # noqa: PLC0415 - needs the extra `s3`

    published = static_files.publish()
    if published:
        log.info("static files: %d published, %d of old releases removed", *published)


def _clear_sessions() -> None:
    """Delete expired sessions of Django's own table, which does not exist before the first migration."""
    if not apps.is_installed("django.contrib.sessions") or settings.SESSION_ENGINE not in {
        "django.contrib.sessions.backends.db",
        "django.contrib.sessions.backends.cached_db",
    }:
        return
    from django.contrib.sessions.models import Session  # noqa: PLC0415 - only where it is installed

    if Session._meta.db_table in connection.introspection.table_names():
        call_command("clearsessions")
