"""Times of a cron expression. The deploying program reads this module too: it needs cronsim and no Django."""

from collections.abc import Iterator
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from cronsim import CronSim


def times(expression: str, zone: str, after: datetime) -> Iterator[datetime]:
    """The times after `after` at which an expression of five fields is due in a time zone, as crontab reads it.

    As EventBridge Scheduler does, a time that the start of daylight saving skips is left out, and one that its end
    repeats is due once: docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
    """
    place = ZoneInfo(zone)
    # Local times without a zone, because cronsim itself moves those that are skipped.
    for local in CronSim(expression, after.astimezone(place).replace(tzinfo=None)):
        moment = local.replace(tzinfo=place).astimezone(timezone.utc)
        if moment > after and moment.astimezone(place).replace(tzinfo=None) == local:
            yield moment.astimezone(place)
