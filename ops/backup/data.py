"""Copy the data of a database: out into a file, and from a file in place of what is there, in one transaction."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ops.backup.postgres_client import Login, PostgresClient
from ops.errors import OpsError, UsageError

QUERY = ("psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align")
TRANSACTION = ("psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")
OWN_SCHEMAS = (
    "SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' "
    "AND pg_has_role(current_user, nspowner, 'USAGE') ORDER BY nspname"
)
TABLES = (
    "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname !~ '^pg_' AND schemaname <> "
    "'information_schema' ORDER BY 1"
)


class Data:
    """The data of one database."""

    def __init__(self, client: PostgresClient, login: Login) -> None:
        self._client, self._login = client, login

    def query(self, sql: str) -> list[str]:
        """The rows of a query."""
        return self._client.run(*QUERY, f"--command={sql}", login=self._login).splitlines()

    def tables(self) -> list[str]:
        """Its tables as `schema.table`, quoted where needed."""
        return self.query(TABLES)

    def chosen(self, names: Sequence[str]) -> list[str]:
        """The tables with these names, of `public` unless they name a schema. Raises UsageError for an unknown one."""
        tables = self.tables()
        found = {one.replace('"', ""): one for one in tables}
        wanted = [name if "." in name else f"public.{name}" for name in names]
        if missing := [one for one in wanted if one not in found]:
            raise UsageError(f"The database has no table {', '.join(missing)}. It has: {', '.join(tables)}.")
        return [found[one] for one in wanted]

    def write_archive(self, path: Path) -> None:
        """Write everything into a file of pg_dump's custom format."""
        with path.open("wb") as file:
            self._client.run("pg_dump", "--format=custom", "--no-password", login=self._login, stdout=file)

    def write_script(self, path: Path, tables: Sequence[str] = ()) -> None:
        """Write SQL that makes everything again, or only the rows of these tables."""
        chosen = ["--data-only", *(f"--table={one}" for one in tables)] if tables else []
        with path.open("wb") as file:
            self._client.run("pg_dump", "--no-owner", "--no-password", *chosen, login=self._login, stdout=file)

    def script_of(self, archive: Path, path: Path) -> None:
        """Write the SQL of a file of pg_dump's custom format. Raises OpsError when it is none."""
        with archive.open("rb") as file, path.open("wb") as target:
            self._client.run("pg_restore", "--no-owner", "--no-acl", "--file=-", login=None, stdin=file, stdout=target)

    def replace(self, script: Path) -> None:
        """Replace everything by what the script makes. Raises OpsError, and the database stays as it was."""
        dropped = [f"DROP SCHEMA {one} CASCADE" for one in self.query(OWN_SCHEMAS)]
        self._run([*dropped, "CREATE SCHEMA public"], script)

    def replace_rows(self, tables: Sequence[str], script: Path) -> None:
        """Replace the rows of these tables. Raises OpsError, and nothing changes, if rows of others refer to lost ones.

        Django's foreign keys are checked at the end of the transaction.
        docs.djangoproject.com/en/stable/ref/databases/#postgresql-notes
        """
        locks = f"LOCK TABLE {', '.join(tables)} IN SHARE ROW EXCLUSIVE MODE"
        emptied = [f"DELETE FROM {one}" for one in tables]  # noqa: S608 - names as the server quotes them
        self._run([locks, "SET CONSTRAINTS ALL DEFERRED", *emptied], script)

    def create_database(self, name: str) -> "Data":
        """Create an empty database on the same server."""
        self.query(f'CREATE DATABASE "{name}"')
        return Data(self._client, replace(self._login, database=name))

    def load(self, script: Path) -> None:
        """Run a script in an empty database."""
        self._run([], script)

    def _run(self, statements: Sequence[str], script: Path) -> None:
        # A connection that nobody expects must not keep a stopped site waiting.
        commands = [f"--command={one}" for one in ("SET LOCAL lock_timeout = '60s'", *statements)]
        with script.open("rb") as file:
            try:
                self._client.run(*TRANSACTION, *commands, "--file=-", login=self._login, stdin=file)
            except OpsError as error:
                raise OpsError(f"The database stays as it was: the transaction was rolled back.\n{error}") from None
