"""Print which migrations the database and this image have."""

from typing import Any, ClassVar

from django.core.management.base import BaseCommand
from django.db import connection

from django_hosting import database
from django_hosting.options import options
from django_hosting.release.errors import exit_on_error
from django_hosting.release.state import state_line


class Command(BaseCommand):
    """One line of JSON with the event release_state (release/state.py)."""

    help = "Prints one line of JSON: unapplied, unknown and newest migrations. Changes nothing."
    requires_system_checks: ClassVar[list[str]] = []

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        """Wait for the database, then print its state."""
        with exit_on_error(self):
            database.wait(options().database_wait_seconds)
            self.stdout.write(state_line(connection))
