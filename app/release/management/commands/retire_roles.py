"""Ends a rotation: takes the database from the passwords before the present one."""

import logging
from typing import Any, ClassVar

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection

from config import database
from release import roles
from release.errors import told
from release.migration_lock import migration_lock

log = logging.getLogger(__name__)


class Command(BaseCommand):
    """For when no task uses an earlier role any more; those that still do lose the database."""

    help = "Takes password and login from the application's earlier database roles."
    requires_system_checks: ClassVar[list[str]] = []

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        """Without APPLICATION_DATABASE_URL there is one role only, and nothing to do."""
        with told(self):
            database.wait(settings.DATABASE_WAIT_SECONDS)
            if not settings.APPLICATION_DATABASE:
                log.info("APPLICATION_DATABASE_URL is not set: no role to retire")
                return
            with migration_lock(connection, settings.MIGRATION_WAIT_SECONDS):
                retired = roles.retire(connection, settings.APPLICATION_DATABASE)
            log.info("retired roles: %s", ", ".join(retired) or "none")
