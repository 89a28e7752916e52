"""`python -m django_hosting schedule <name>`: one run of a schedule."""

import logging
import os
import shlex
from datetime import datetime

import django
from django.db import Error, connection

from django_hosting import database
from django_hosting.application import Schedule, application
from django_hosting.options import options
from django_hosting.schedules import command, failure, runs

TIME_VARIABLE = "SCHEDULED_TIME"
"""When the run is due: ISO 8601, with its offset. Without it, each run counts as the first delivery."""
MAILED = 100
"""Exit code of a failed run whose mail is on its way, so that the platform sends no second one."""
UNKNOWN = 64
"""sysexits.h: wrong use. The release has no schedule of this name."""

log = logging.getLogger(__name__)


def run(name: str) -> int:
    """Run the schedule's command unless it runs already, or ran for this time. Returns the exit code.

    0: it succeeded, or was skipped; 100: it failed, and a mail says so; else the code of the failure.
    """
    schedule = application().schedules.get(name)
    if schedule is None:
        return _failed(name, command.Ended(UNKNOWN, (), "this release has no schedule of this name"))
    django.setup()
    try:
        database.wait(options().database_wait_seconds)
        ended = _locked(name, schedule)
    except database.DatabaseUnavailableError as error:
        return _failed(name, command.Ended(error.code, (), str(error)), schedule)
    except (Error, ValueError) as error:
        return _failed(name, command.Ended(1, (), f"{type(error).__name__}: {error}".strip()), schedule)
    if ended is None or ended.code == 0:
        return 0
    return _failed(name, ended, schedule)


def _locked(name: str, schedule: Schedule) -> command.Ended | None:
    """How the command ended; None when it was not started."""
    stop_seconds = application().stop_seconds
    if connection.vendor != "postgresql":
        log.warning("Schedule %s: only PostgreSQL keeps two runs apart", name)
        return command.run(schedule.command, schedule.seconds, stop_seconds)
    due = os.environ.get(TIME_VARIABLE, "")
    if due:
        # PostgreSQL would read a time without an offset in its own time zone.
        due = datetime.fromisoformat(due.replace("Z", "+00:00")).astimezone().isoformat()
    with runs.lock(connection, name) as cursor:
        if cursor is None:
            log.warning("Schedule %s: an earlier run has not ended, so this one is skipped", name)
            return None
        if due and not runs.take(cursor, name, due):
            log.warning("Schedule %s: the run for %s was delivered before, so this one is skipped", name, due)
            return None
        return command.run(schedule.command, schedule.seconds, stop_seconds)


def _failed(name: str, ended: command.Ended, schedule: Schedule | None = None) -> int:
    what = ended.reason or f"exit code {ended.code}"
    log.error("Schedule %s failed: %s", name, failure.masked(what))
    facts = {
        "Schedule": name,
        "Exit code": str(ended.code),
        **({"Reason": ended.reason} if ended.reason else {}),
        **({"Scheduled for": due} if (due := os.environ.get(TIME_VARIABLE)) else {}),
        **({"Command": shlex.join(schedule.command)} if schedule else {}),
        "Release": os.environ.get("RELEASE", "unknown"),
    }
    if failure.mail(f"Schedule {name} failed", facts, ended.lines):
        return MAILED
    # A job's own 100 would mean that a mail is on its way, and 0 that all is well.
    return 1 if ended.code in (0, MAILED) else ended.code
