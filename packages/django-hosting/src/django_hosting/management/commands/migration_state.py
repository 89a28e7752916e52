"""Print which migrations the database and this image have."""

from django.db import connection

from django_hosting.release.command import ReleaseCommand
from django_hosting.release.state import state_line


class Command(ReleaseCommand):
    """One line of JSON with the event release_state (release/state.py)."""

    help = "Prints one line of JSON: unapplied, unknown and newest migrations. Changes nothing."

    def run(self) -> None:
        """Print the database's state."""
        self.stdout.write(state_line(connection))
