"""Prepare a release before it migrates and serves: database role, static files, expired sessions."""

import logging
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

from config import database
from hosting.deadline import database_limits, request_timeout
from release import roles, static_files
from release.errors import exit_on_error
from release.migration_lock import migration_lock
from release.state import log_release_state

log = logging.getLogger(__name__)


class Command(BaseCommand):
    """Run each part whose variable is set, then log the line of migration_state. May be repeated."""

    help = "Creates the database role, publishes static files, deletes expired sessions, logs missing migrations."
    requires_system_checks: ClassVar[list[str]] = []

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        """Hold the migration lock, because two releases at once would create the same role."""
        with exit_on_error(self):
            database.wait(settings.DATABASE_WAIT_SECONDS)
            with migration_lock(connection, settings.MIGRATION_WAIT_SECONDS):
                if settings.APPLICATION_DATABASE:
                    roles.prepare(connection, settings.APPLICATION_DATABASE, database_limits(request_timeout()))
                    log.info("role %s may use the database", settings.APPLICATION_DATABASE["USER"])
                published = static_files.publish()
                if published:
                    log.info("static files: %d published, %d of old releases removed", *published)
                # The table does not exist before the first migration.
                if Session._meta.db_table in connection.introspection.table_names():
                    call_command("clearsessions")
            log_release_state(connection)
