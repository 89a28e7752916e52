"""Django's migrate, which first gives the database time to start and keeps other migrations out."""

from typing import Any

from django.conf import settings
from django.core.management.commands import migrate
from django.db import connections

from config import database
from release.errors import told
from release.migration_lock import migration_lock


class Command(migrate.Command):
    """As Django's own, one at a time. Exit code 75: another one runs; 68 to 78: the database (config/database.py)."""

    def handle(self, *arguments: Any, **options: Any) -> None:
        """Wait, then migrate."""
        with told(self):
            database.wait(settings.DATABASE_WAIT_SECONDS)
            with migration_lock(connections[options["database"]], settings.MIGRATION_WAIT_SECONDS):
                super().handle(*arguments, **options)
