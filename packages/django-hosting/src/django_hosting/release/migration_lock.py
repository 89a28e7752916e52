"""One migration of a database at a time, by an advisory lock of PostgreSQL."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from django_hosting.release.errors import ReleaseError

KEY = int.from_bytes(b"migrate.", "big")
"""The lock's number. Advisory locks belong to one database of the server."""
POLL_SECONDS = 1.0

_HOLDER = """
SELECT a.pid, coalesce(host(a.client_addr), 'this machine'), to_char(a.backend_start AT TIME ZONE 'UTC', 'HH24:MI:SS')
FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.database = a.datid AND a.datname = current_database()
  AND l.classid = (%s::bigint >> 32)::int::oid AND l.objid = (%s::bigint & 4294967295)::bigint::oid AND l.objsubid = 1
"""


class MigrationRunningError(ReleaseError):
    """Another process holds the lock."""

    # sysexits.h: try again later.
    code = 75


@contextmanager
def migration_lock(
    connection: BaseDatabaseWrapper, seconds: float, sleep: Callable[[float], None] = time.sleep
) -> Iterator[None]:
    """Hold the lock (PostgreSQL only). Raises MigrationRunningError after waiting `seconds`."""
    if connection.vendor != "postgresql":
        yield
        return
    # A separate connection, because a migration may close Django's and release the lock.
    own = connection.get_new_connection(connection.get_connection_params())
    with closing(own), own.cursor() as cursor:
        own.autocommit = True
        deadline = time.monotonic() + seconds
        # Polled, because a waiting statement would block the other's CREATE INDEX CONCURRENTLY.
        while not _row(cursor, "SELECT pg_try_advisory_lock(%s)", KEY)[0]:
            if time.monotonic() >= deadline:
                raise MigrationRunningError(_message(connection, _row(cursor, _HOLDER, KEY, KEY), seconds))
            sleep(POLL_SECONDS)
        yield


def _row(cursor: Any, query: str, *parameters: int) -> Any:
    cursor.execute(query, parameters)
    return cursor.fetchone()


def _message(connection: BaseDatabaseWrapper, holder: tuple[int, str, str] | None, seconds: float) -> str:
    name = connection.settings_dict["NAME"]
    process, place, since = holder or ("unknown", "unknown", "unknown")
    return (
        f"Database {name}: another migration holds the lock (process {process} from {place}, connected since {since} "
        f"UTC; waited {seconds:.0f} s). Wait until it has ended, then run this again. If its task has stopped, "
        f"end its connection: SELECT pg_terminate_backend({process})"
    )
