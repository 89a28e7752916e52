"""The project's migrate, which waits for the database and other migrations, and creates schemas that are missing."""

from importlib import import_module
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management import find_commands
from django.core.management.commands import migrate
from django.db import connections

from django_hosting import database
from django_hosting.options import options
from django_hosting.release import cache_table, roles
from django_hosting.release.errors import exit_on_error
from django_hosting.release.migration_lock import migration_lock
from django_hosting.schedules import runs

NAME = "django_hosting"


def project_command() -> Any:
    """The command of another application, such as django-tenants, or Django's own."""
    for config in apps.get_app_configs():
        if config.name != NAME and "migrate" in find_commands(str(Path(config.path) / "management")):
            return import_module(f"{config.name}.management.commands.migrate").Command
    return migrate.Command


class Command(project_command()):  # type: ignore[misc]
    """Exit code 75: another migration runs; 68 to 78: the database is not available (database.py)."""

    def handle(self, *arguments: Any, **given: Any) -> Any:
        """Wait, create the schemas of hosting.toml, then migrate."""
        with exit_on_error(self):
            database.wait(options().database_wait_seconds)
            connection = connections[given.get("database") or "default"]
            with migration_lock(connection, options().migration_wait_seconds):
                if connection.vendor == "postgresql" and connection.alias == "default":
                    roles.create_schemas(connection, options().schemas)
                    runs.create_table(connection)
                result = super().handle(*arguments, **given)
                # These two print only.
                if not given.get("plan") and not given.get("check_unapplied"):
                    cache_table.create()
                return result
