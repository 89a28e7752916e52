"""End a rotation of secrets: retire the earlier database roles."""

import logging

from django.db import connection

from django_hosting.options import options
from django_hosting.release.command import ReleaseCommand
from django_hosting.release.migration_lock import migration_lock

log = logging.getLogger(__name__)


class Command(ReleaseCommand):
    """Run it when no task uses an earlier role; a task that does loses its connections."""

    help = "Removes password and login of the application's earlier database roles."

    def run(self) -> None:
        """Retire earlier roles; without APPLICATION_DATABASE_URL there are none."""
        if not options().application_database:
            log.info("APPLICATION_DATABASE_URL is not set: no role to retire")
            return
        from django_hosting.release import roles  # noqa: PLC0415 - needs a driver for PostgreSQL

        with migration_lock(connection, options().migration_wait_seconds):
            retired = roles.retire(connection, options().application_database)
        log.info("retired roles: %s", ", ".join(retired) or "none")
