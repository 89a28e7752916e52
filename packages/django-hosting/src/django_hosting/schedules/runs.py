"""What the database knows of the runs of schedules: which one runs, and which scheduled times were taken up."""

import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from django_hosting.application import application

SCHEMA = "django_hosting"
"""A schema of its own, so that no migration of the project meets the table."""
KEPT_DAYS = 30
"""EventBridge Scheduler gives up after a day: docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html"""

_CREATE = """
CREATE TABLE IF NOT EXISTS django_hosting.schedule_run (
    schedule text NOT NULL,
    scheduled_time timestamptz NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (schedule, scheduled_time)
)
"""
_TAKE = "INSERT INTO django_hosting.schedule_run (schedule, scheduled_time) VALUES (%s, %s) ON CONFLICT DO NOTHING"
_FORGET = """
DELETE FROM django_hosting.schedule_run WHERE schedule = %s AND scheduled_time < now() - make_interval(days => %s)
"""


def create_table(connection: BaseDatabaseWrapper) -> None:
    """Create the table as the owner of the database. A project without schedules has none."""
    if not application().schedules or connection.vendor != "postgresql":
        return
    from django_hosting.release import roles  # noqa: PLC0415 - needs a driver for PostgreSQL

    roles.create_schemas(connection, [SCHEMA])
    with connection.cursor() as cursor:
        cursor.execute(_CREATE)


@contextmanager
def lock(connection: BaseDatabaseWrapper, schedule: str) -> Iterator[Any]:
    """Hold the lock of a schedule, and yield a cursor; None when another run holds it.

    The lock ends with its connection, which is one of its own: also when this process is killed.
    """
    own = connection.get_new_connection(connection.get_connection_params())
    with closing(own), own.cursor() as cursor:
        own.autocommit = True
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key(schedule)])
        yield cursor if cursor.fetchone()[0] else None


def take(cursor: Any, schedule: str, scheduled_time: str) -> bool:
    """Note that the run of this time (ISO 8601) has begun. False when an earlier delivery has begun it."""
    cursor.execute(_FORGET, [schedule, KEPT_DAYS])
    cursor.execute(_TAKE, [schedule, scheduled_time])
    return bool(cursor.rowcount)


def key(schedule: str) -> int:
    """Number of the advisory lock of a schedule."""
    return int.from_bytes(hashlib.sha256(f"schedule:{schedule}".encode()).digest()[:8], "big", signed=True)
