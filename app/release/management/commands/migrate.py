"""Django's migrate, which waits for the database and for other migrations."""

from typing import Any

from django.conf import settings
from django.core.management.commands import migrate
from django.db import connections

from config import database
from release.errors import exit_on_error
from release.migration_lock import migration_lock


class Command(migrate.Command):
    """Exit code 75: another migration runs; 68 to 78: the database is not available (config/database.py)."""

    def handle(self, *arguments: Any, **options: Any) -> None:
        """Wait, then migrate."""
        with exit_on_error(self):
            database.wait(settings.DATABASE_WAIT_SECONDS)
            with migration_lock(connections[options["database"]], settings.MIGRATION_WAIT_SECONDS):
                super().handle(*arguments, **options)
