"""When a schedule of EventBridge Scheduler is due."""

from datetime import UTC, datetime

import pytest

from embedded_cloud.api.schedule_expressions import ExpressionError, check, latest

SINCE = datetime(2026, 3, 27, 12, tzinfo=UTC)
"""A Friday; daylight saving begins in Berlin on Sunday, at 2:00."""


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "now", "due"),
    [
        ("cron(0 3 * * ? *)", "2026-03-28T12:00", "2026-03-28T02:00"),
        ("cron(0 3 * * ? *)", "2026-03-27T23:00", None),
        ("cron(0 3 * * ? *)", "2026-03-30T00:59", "2026-03-29T01:00"),
        ("cron(30 2 * * ? *)", "2026-03-29T23:00", "2026-03-28T01:30"),
        ("cron(0 8 ? * 2-6 *)", "2026-03-29T12:00", None),
        ("cron(0 8 ? * MON-FRI *)", "2026-03-30T12:00", "2026-03-30T06:00"),
        ("cron(0 8 ? * 2#1 *)", "2026-04-30T12:00", "2026-04-06T06:00"),
        ("cron(0 8 L * ? *)", "2026-04-30T12:00", "2026-04-30T06:00"),
        ("cron(0/15 * * * ? *)", "2026-03-27T12:50", "2026-03-27T12:45"),
        ("rate(1 hour)", "2026-03-27T14:59", "2026-03-27T14:00"),
        ("rate(1 hour)", "2026-03-27T12:59", None),
        ("at(2026-03-27T14:30:00)", "2026-03-27T14:00", "2026-03-27T13:30"),
    ],
)
def test_the_latest_time_of_a_span_is_due(expression: str, now: str, due: str | None) -> None:
    assert latest(expression, "Europe/Berlin", SINCE, moment(now)) == (moment(due) if due else None)


def test_a_time_that_the_end_of_daylight_saving_repeats_is_due_once() -> None:
    first = moment("2026-10-25T00:30")
    assert (
        latest("cron(30 2 * * ? *)", "Europe/Berlin", moment("2026-10-24T22:00"), moment("2026-10-25T05:00")) == first
    )
    assert latest("cron(30 2 * * ? *)", "Europe/Berlin", first, moment("2026-10-25T05:00")) is None


@pytest.mark.parametrize(
    "expression",
    ["0 3 * * *", "cron(0 3 * * *)", "cron(0 3 * * * *)", "cron(0 3 1 * 2 *)", "cron(60 3 * * ? *)", "rate(0 hours)"],
)
def test_what_aws_refuses_is_refused(expression: str) -> None:
    with pytest.raises(ExpressionError):
        check(expression, "UTC")
