"""Before a release migrates and serves: the application's role, the static files; ended sessions go."""

import logging
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

from config import database
from release import roles, static_files
from release.errors import told
from release.migration_lock import migration_lock
from release.state import log_release_state

log = logging.getLogger(__name__)


class Command(BaseCommand):
    """Each part where its variable is set, then the line of migration_state. Run again, it changes nothing."""

    help = "Makes the database role, publishes static files, deletes ended sessions, logs which migrations are missing."
    requires_system_checks: ClassVar[list[str]] = []

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        """Under the lock of migrations: two releases at once would make the same role."""
        with told(self):
            database.wait(settings.DATABASE_WAIT_SECONDS)
            with migration_lock(connection, settings.MIGRATION_WAIT_SECONDS):
                if settings.APPLICATION_DATABASE:
                    roles.prepare(connection, settings.APPLICATION_DATABASE)
                    log.info("role %s may use the database", settings.APPLICATION_DATABASE["USER"])
                published = static_files.publish()
                if published:
                    log.info("static files: %d published, %d of old releases removed", *published)
                # Every login leaves a row that nothing else deletes; before the first migration there is no table.
                if Session._meta.db_table in connection.introspection.table_names():
                    call_command("clearsessions")
            log_release_state(connection)
