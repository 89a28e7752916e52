"""From crontab's five fields to those of EventBridge Scheduler."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_cloud.api.schedule_expressions import check, latest
from infra.application.cron import aws_cron, check_zone, next_times, runs_a_month


@pytest.mark.parametrize(
    ("crontab", "expression"),
    [
        ("30 3 * * *", "cron(30 3 * * ? *)"),
        ("*/15 * * * *", "cron(0/15 * * * ? *)"),
        ("0 8 * * 1-5", "cron(0 8 ? * MON-FRI *)"),
        ("0 8 * * 5-7", "cron(0 8 ? * SUN,FRI,SAT *)"),
        ("0 8 * * sun,wed", "cron(0 8 ? * SUN,WED *)"),
        ("0 0 L * *", "cron(0 0 L * ? *)"),
        ("0 0 * * 5#2", "cron(0 0 ? * 6#2 *)"),
        ("0 0 * * 5L", "cron(0 0 ? * 6L *)"),
        ("10-40/10 */2 1 JAN,JUL *", "cron(10,20,30,40 0/2 1 1,7 ? *)"),
    ],
)
def test_an_expression_says_the_same_to_aws(crontab: str, expression: str) -> None:
    assert aws_cron(crontab) == expression


@pytest.mark.parametrize(
    ("crontab", "rule"),
    [
        ("0 8 1 * 1", "make two schedules"),
        ("0 8 */2 * 1", "make two schedules"),
        ("0 8 L,15 * *", "L beside other days"),
        ("0 8 * * 1,5L", "several days of the week"),
        ("@daily", "five fields"),
        ("cron(0 3 * * ? *)", "five fields"),
        ("0 30 3 * * *", "five fields"),
        ("61 * * * *", "minute"),
        ("0 0 31 2 *", "day-of-month"),
    ],
)
def test_what_aws_cannot_say_is_refused_with_the_reason(crontab: str, rule: str) -> None:
    with pytest.raises(ValueError, match=rule) as refused:
        aws_cron(crontab)
    assert ";" in str(refused.value), "it says what to do"


def _field(lowest: int, highest: int) -> st.SearchStrategy[str]:
    number = st.integers(lowest, highest)
    several = st.lists(number, min_size=1, max_size=6).map(lambda found: ",".join(map(str, found)))
    ranges = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    return st.one_of(st.just("*"), st.integers(1, 20).map(lambda step: f"*/{step}"), several, ranges)


@given(
    minute=_field(0, 59),
    hour=_field(0, 23),
    month=_field(1, 12),
    days=st.one_of(st.tuples(_field(1, 28), st.just("*")), st.tuples(st.just("*"), _field(0, 7))),
)
def test_both_mean_the_same_times(minute: str, hour: str, month: str, days: tuple[str, str]) -> None:
    crontab = f"{minute} {hour} {days[0]} {month} {days[1]}"
    expression = aws_cron(crontab)
    check(expression, "UTC")
    assert len(expression) <= 256
    begin = datetime(2026, 11, 30, tzinfo=UTC)
    (first, second) = next_times(crontab, "UTC", 2, begin)
    assert latest(expression, "UTC", begin, first) == first
    assert latest(expression, "UTC", first, second) == second


def test_a_zone_that_no_database_has_is_refused() -> None:
    assert check_zone("Europe/Berlin") == "Europe/Berlin"
    for wrong in ("Berlin", "../etc/passwd", ""):
        with pytest.raises(ValueError, match="IANA"):
            check_zone(wrong)


@pytest.mark.parametrize(("crontab", "runs"), [("* * * * *", 43800), ("0 3 * * *", 30.4), ("0 3 1 1 *", 0.083)])
def test_the_runs_of_a_month_are_counted_for_the_price(crontab: str, runs: float) -> None:
    assert runs_a_month(crontab, "UTC") == pytest.approx(runs, rel=0.01)
