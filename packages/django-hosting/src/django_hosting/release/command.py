"""Base of the release's commands."""

from typing import Any, ClassVar

from django.core.management.base import BaseCommand

from django_hosting import database
from django_hosting.options import options
from django_hosting.release.errors import exit_on_error


class ReleaseCommand(BaseCommand):
    """`run` begins when the database answers; an error is one line and an exit code."""

    requires_system_checks: ClassVar[list[str]] = []

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        """Wait for the database, then run."""
        with exit_on_error(self):
            database.wait(options().database_wait_seconds)
            self.run()

    def run(self) -> None:
        """What the command does."""
        raise NotImplementedError
