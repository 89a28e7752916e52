"""Log which migrations the database and this image have."""

from typing import Any, ClassVar

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection

from config import database
from release.errors import exit_on_error
from release.state import log_release_state


class Command(BaseCommand):
    """One line of JSON with the event release_state (release/state.py)."""

    help = "Logs one line of JSON: unapplied, unknown and newest migrations. Changes nothing."
    requires_system_checks: ClassVar[list[str]] = []

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        """Wait for the database, then log its state."""
        with exit_on_error(self):
            database.wait(settings.DATABASE_WAIT_SECONDS)
            log_release_state(connection)
