"""End a rotation of secrets: retire the earlier database roles."""

import logging
from typing import Any, ClassVar

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection

from config import database
from release import roles
from release.errors import exit_on_error
from release.migration_lock import migration_lock

log = logging.getLogger(__name__)


class Command(BaseCommand):
    """Run it when no task uses an earlier role; a task that does loses its connections."""

    help = "Removes password and login of the application's earlier database roles."
    requires_system_checks: ClassVar[list[str]] = []

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        """Retire earlier roles; without APPLICATION_DATABASE_URL there are none."""
        with exit_on_error(self):
            database.wait(settings.DATABASE_WAIT_SECONDS)
            if not settings.APPLICATION_DATABASE:
                log.info("APPLICATION_DATABASE_URL is not set: no role to retire")
                return
            with migration_lock(connection, settings.MIGRATION_WAIT_SECONDS):
                retired = roles.retire(connection, settings.APPLICATION_DATABASE)
            log.info("retired roles: %s", ", ".join(retired) or "none")
