"""Schedule expressions of EventBridge Scheduler: `cron(...)`, `rate(...)`, `at(...)`.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

_FORM = re.compile(r"(cron|rate|at)\((.*)\)")
_RATE = re.compile(r"(\d+) (minute|hour|day)s?")
_UNITS = {"minute": 60, "hour": 3600, "day": 86400}


class ExpressionError(ValueError):
    """The expression is none of EventBridge Scheduler's, or of a form that is not emulated."""


def latest(expression: str, zone: str, since: datetime, now: datetime) -> datetime | None:
    """The last time in (since, now] at which a schedule is due; None when there is none. Raises ExpressionError."""
    kind, text = _parsed(expression)
    if kind == "at":
        due = datetime.fromisoformat(text).replace(tzinfo=_zone(zone))
        return due.astimezone(UTC) if since < due <= now else None
    if kind == "rate":
        seconds = _seconds(text)
        periods = (now - since).total_seconds() // seconds
        return since + timedelta(seconds=periods * seconds) if periods else None
    found = None
    for moment in _times(_crontab(text), _zone(zone), since):
        if moment > now:
            break
        found = moment
    return found


def check(expression: str, zone: str) -> None:
    """Raise ExpressionError for an expression or a time zone that AWS refuses, or that is not emulated."""
    kind, text = _parsed(expression)
    _zone(zone)
    try:
        if kind == "cron":
            CronSim(_crontab(text), datetime(2000, 1, 1))  # noqa: DTZ001 - a local time
        elif kind == "rate":
            _seconds(text)
        else:
            datetime.fromisoformat(text)
    except (CronSimError, ValueError) as error:
        raise ExpressionError(f"Invalid Schedule Expression {expression}.") from error


def _parsed(expression: str) -> tuple[str, str]:
    found = _FORM.fullmatch(expression)
    if found is None:
        raise ExpressionError(f"Invalid Schedule Expression {expression}.")
    return found[1], found[2]


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ExpressionError(f"Invalid ScheduleExpressionTimezone {name}.") from error


def _seconds(text: str) -> int:
    found = _RATE.fullmatch(text)
    if found is None or int(found[1]) == 0:
        raise ExpressionError(f"Invalid Schedule Expression rate({text}).")
    return int(found[1]) * _UNITS[found[2]]


def _times(crontab: str, zone: ZoneInfo, since: datetime) -> Iterator[datetime]:
    """Local times that daylight saving skips are left out, and those that it repeats are due once."""
    for local in CronSim(crontab, since.astimezone(zone).replace(tzinfo=None)):
        moment = local.replace(tzinfo=zone).astimezone(UTC)
        if moment > since and moment.astimezone(zone).replace(tzinfo=None) == local:
            yield moment


def _crontab(text: str) -> str:
    """The five fields of crontab for AWS's six. Days of the week count from 1 there, and one field of days is `?`."""
    fields = text.split()
    if len(fields) != 6 or (fields[2] == "?") == (fields[4] == "?"):
        raise ExpressionError(f"Invalid Schedule Expression cron({text}).")
    minute, hour, day, month, weekday, year = fields
    if year != "*" or "W" in day:
        raise ExpressionError(f"cron({text}): years and the nearest weekday (W) are not emulated")
    # The number after # or / is no day.
    numbers = re.compile(r"(?<![#/\d])\d(?!\d)")
    weekday = numbers.sub(lambda found: str(int(found[0]) - 1), weekday)
    return " ".join((minute, hour, day.replace("?", "*"), month, weekday.replace("?", "*")))
