"""Times of a schedule: from crontab's five fields to the six of EventBridge Scheduler. Pure.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from django_hosting.schedules import cron

DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
FIELDS = "minute, hour, day of month, month, day of week"
_SPECIAL = {CronSim.LAST: "L", CronSim.LAST_WEEKDAY: "LW"}


def aws_cron(crontab: str) -> str:
    """`cron(...)` of EventBridge Scheduler. Raises ValueError with rule and fix for what it cannot say."""
    fields = crontab.split()
    if len(fields) != 5:
        raise ValueError(f"must have five fields: {FIELDS}; write them, such as 30 3 * * *")
    try:
        parsed = CronSim(crontab, datetime(2000, 1, 1))  # noqa: DTZ001 - a local time
    except CronSimError as error:
        part = str(error).removeprefix("Bad ")
        raise ValueError(f"is no cron expression: {part}; the fields are {FIELDS}, such as 30 3 * * *") from None
    if fields[2] != "*" and fields[4] != "*":
        raise ValueError(
            "names a day of the month and a day of the week: crontab means either of them, which EventBridge Scheduler "
            "cannot say; make two schedules"
        )
    minute, hour, month = _field(parsed.minutes, 0, 59), _field(parsed.hours, 0, 23), _field(parsed.months, 1, 12)
    day, weekday = (_days(parsed.days), "?") if fields[4] == "*" else ("?", _weekdays(parsed.weekdays))
    return f"cron({minute} {hour} {day} {month} {weekday} *)"


def check_zone(name: str) -> str:
    """The name of a time zone. Raises ValueError with rule and fix."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("is no time zone of the IANA database; write its name, such as Europe/Berlin") from None
    return name


def next_times(crontab: str, zone: str, count: int = 3, after: datetime | None = None) -> list[datetime]:
    """The next times in the time zone of the schedule."""
    return list(islice(cron.times(crontab, zone, after or datetime.now(UTC)), count))


def runs_a_month(crontab: str, zone: str) -> float:
    """Runs in an average month: those of a year, or of the time that its first 5,000 take."""
    begin, seconds = datetime(2026, 6, 2, tzinfo=UTC), 365 * 86400.0
    within = takewhile(lambda moment: moment < begin + timedelta(seconds=seconds), cron.times(crontab, zone, begin))
    sample = list(islice(within, 5000))
    span = (sample[-1] - begin).total_seconds() if len(sample) == 5000 else seconds
    return len(sample) / span * seconds / 12


def _field(values: Collection[int], lowest: int, highest: int) -> str:
    """The shortest way to say these numbers; AWS allows 256 characters for the whole expression."""
    found = sorted(values)
    if len(found) == highest - lowest + 1:
        return "*"
    steps = {later - earlier for earlier, later in pairwise(found)}
    if len(found) > 2 and len(steps) == 1:
        (step,) = steps
        if step == 1:
            return f"{found[0]}-{found[-1]}"
        if found[-1] + step > highest:
            return f"{found[0]}/{step}"
    return ",".join(map(str, found))


def _days(values: Collection[int]) -> str:
    special = [_SPECIAL[value] for value in values if value in _SPECIAL]
    if special and len(values) > 1:
        raise ValueError(f"has {special[0]} beside other days of the month; make two schedules")
    return special[0] if special else _field(values, 1, 31)


def _weekdays(values: Collection[int | tuple[int, int]]) -> str:
    """Names, because AWS counts from 1 where crontab counts from 0."""
    nth = [value for value in values if isinstance(value, tuple)]
    if not nth:
        plain = sorted({value % 7 for value in values if isinstance(value, int)})
        whole = len(plain) > 2 and plain[-1] - plain[0] == len(plain) - 1
        return f"{DAYS[plain[0]]}-{DAYS[plain[-1]]}" if whole else ",".join(DAYS[day] for day in plain)
    if len(values) > 1:
        raise ValueError("has several days of the week with # or L; make two schedules")
    day, number = nth[0]
    return f"{day % 7 + 1}L" if number == CronSim.LAST else f"{day % 7 + 1}#{number}"
