"""What of the machine wakes someone."""

import pytest

from infra.alarm_rules import Alarm
from infra.machine.program import metrics
from infra.machine.watch import CUSTOM_METRICS, alarms, graphs
from tests.infra.watched import MACHINE

ALARMS = {alarm.role: alarm for alarm in alarms(MACHINE)}


def test_visitors_come_first_then_what_will_hurt_them() -> None:
    assert list(ALARMS) == [
        "no-answer",
        "application-errors",
        "slow",
        "memory",
        "memory-kills",
        "disk",
        "cpu-credits",
        "certificate",
    ]


@pytest.mark.parametrize("alarm", ALARMS.values(), ids=lambda alarm: alarm.role)
def test_every_alarm_says_what_to_do(alarm: Alarm) -> None:
    assert len(alarm.advice) > 40
    assert alarm.advice.endswith(".")


def test_a_machine_that_says_nothing_is_a_site_that_is_away() -> None:
    assert [role for role, alarm in ALARMS.items() if alarm.missing == "breaching"] == ["no-answer"]
    assert (ALARMS["no-answer"].metric.name, ALARMS["no-answer"].threshold) == (metrics.ANSWERS, 1)


def test_cpu_credits_ring_when_they_are_charged_and_are_counted_as_often_as_ec2_does() -> None:
    credits_charged = ALARMS["cpu-credits"]
    assert credits_charged.metric.name == "CPUSurplusCreditsCharged"
    assert (credits_charged.comparison, credits_charged.threshold) == ("GreaterThanThreshold", 0)
    # docs.aws.amazon.com, "CPU credit metrics": available at a five-minute frequency only.
    assert {role for role, alarm in ALARMS.items() if alarm.metric.namespace == "AWS/EC2"} == {"cpu-credits"}
    assert credits_charged.period == 300


@pytest.mark.parametrize("alarm", ALARMS.values(), ids=lambda alarm: alarm.role)
def test_an_alarm_rings_after_whole_periods(alarm: Alarm) -> None:
    assert alarm.minutes * 60 % alarm.period == 0


def test_all_that_is_paid_for_is_seen() -> None:
    drawn = {metric.name for listed in graphs(MACHINE).values() for metric in listed}
    assert set(CUSTOM_METRICS) <= drawn


def test_the_machines_own_numbers_are_found_under_the_sites_name() -> None:
    memory = ALARMS["memory"].metric
    assert (memory.namespace, memory.dimensions) == (metrics.NAMESPACE, {"Site": "app.preqly.com"})


def test_one_process_that_the_kernel_ends_for_want_of_memory_rings() -> None:
    kills = ALARMS["memory-kills"]
    assert (kills.metric.name, kills.metric.statistic) == (metrics.KILLS, "Sum")
    assert (kills.comparison, kills.threshold, kills.minutes) == ("GreaterThanThreshold", 0, 1)
