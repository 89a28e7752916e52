"""Django's migrate, which first gives the database time to start."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.commands import migrate

from config import database


class Command(migrate.Command):
    """As Django's own; exit codes 68 to 78 say why the database cannot be had (config/database.py)."""

    def handle(self, *arguments: Any, **options: Any) -> None:
        """Wait, then migrate."""
        try:
            database.wait(settings.DATABASE_WAIT_SECONDS)
        except database.DatabaseUnavailableError as error:
            self.stderr.write(str(error))
            sys.exit(error.code)
        super().handle(*arguments, **options)
