import pytest

from infra.alarm_rules import Alarm, of_database, of_service
from tests.infra.watched import DATABASE, SERVICE

ALARMS = {alarm.role: alarm for alarm in (*of_service(SERVICE), *of_database(DATABASE))}


def test_what_hurts_visitors_is_watched_from_their_side_down_to_the_disk() -> None:
    assert list(ALARMS) == [
        "application-errors",
        "no-answer",
        "slow",
        "unhealthy",
        "too-few-tasks",
        "memory",
        "database-storage",
        "database-cpu",
        "database-connections",
    ]


@pytest.mark.parametrize("alarm", ALARMS.values(), ids=lambda alarm: alarm.role)
def test_every_alarm_says_what_to_do(alarm: Alarm) -> None:
    assert len(alarm.advice) > 40
    assert alarm.advice.endswith(".")


def test_thresholds_follow_the_sizes_of_the_stack() -> None:
    assert ALARMS["too-few-tasks"].threshold == 2
    assert ALARMS["database-storage"].threshold == 2 * 1024**3
    assert ALARMS["database-connections"].threshold == 89


def test_silence_is_bad_news_only_where_tasks_should_report() -> None:
    assert [role for role, alarm in ALARMS.items() if alarm.missing == "breaching"] == ["too-few-tasks"]


def test_latency_is_judged_by_the_slowest_hundredth_not_the_average() -> None:
    assert ALARMS["slow"].metric.statistic == "p99"
