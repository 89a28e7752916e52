"""Check a database, also one that was restored beside the application's: nothing is written."""

import logging
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from django_hosting import database
from django_hosting.logs import JsonFormatter
from django_hosting.options import options
from django_hosting.release.errors import exit_on_error
from django_hosting.release.state import release_state

EVENT = "database_check"


class Command(BaseCommand):
    """One line of JSON with the event database_check: tables, migrations, and the answer of each query."""

    help = "Prints one line of JSON about the database: tables, migrations, answers of queries. Changes nothing."
    requires_system_checks: ClassVar[list[str]] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Queries, and another server with the login of DATABASE_URL."""
        parser.add_argument("queries", nargs="*", help="the first column of the first row is the answer")
        parser.add_argument("--host", default="", help="address of the server, instead of that of DATABASE_URL")

    def handle(self, *_arguments: Any, queries: list[str], host: str, **_options: Any) -> None:
        """Wait for the database, then print what it holds."""
        if host:
            connection.settings_dict["HOST"] = host
        with exit_on_error(self):
            database.wait(options().database_wait_seconds)
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET default_transaction_read_only = on")
            found = {
                "event": EVENT,
                "tables": len(connection.introspection.table_names()),
                "migrations": len(MigrationRecorder(connection).applied_migrations()),
                "unapplied": release_state(connection)["unapplied"],
                "answers": [_answer(query) for query in queries],
            }
        record = logging.makeLogRecord({"name": __name__, "levelno": logging.INFO, "levelname": "INFO"})
        record.msg, record.fields = "database check", found
        self.stdout.write(JsonFormatter(options().release).format(record))


def _answer(query: str) -> dict[str, str]:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(query)
            row = cursor.fetchone()
    except DatabaseError as error:
        return {"query": query, "error": str(error).strip().splitlines()[0]}
    return {"query": query, "value": str(row[0]) if row else ""}
