import json
from typing import Any

import pytest

from infra.alarm_rules import of_database, of_service
from infra.alarms import Alarms, AlarmsArgs
from infra.machine.watch import WatchedMachine
from infra.machine.watch import alarms as of_machine
from tests.infra.watched import DATABASE, MACHINE, SERVICE

TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms-topic"


def declare(engine: Any, email: str = "") -> Any:
    alarms = [*of_service(SERVICE), *of_database(DATABASE)]
    engine.run(lambda: Alarms("alarms", AlarmsArgs(alarms=alarms, database=DATABASE.identifier, email=email)))
    return engine


def test_every_alarm_rings_and_says_when_it_is_over_on_the_topic(engine: Any) -> None:
    declared = declare(engine).all("cloudwatch/metricAlarm:MetricAlarm")
    assert len(declared) == 9
    for alarm in declared:
        assert alarm.inputs["alarmActions"] == alarm.inputs["okActions"] == [TOPIC]
        assert alarm.inputs["period"] == 60


def test_an_alarm_counts_in_the_periods_of_its_metric(engine: Any) -> None:
    engine.run(lambda: Alarms("alarms", AlarmsArgs(alarms=of_machine(MACHINE), database="database", email="")))
    windows = {
        alarm.name: (alarm.inputs["period"], alarm.inputs["evaluationPeriods"])
        for alarm in engine.all("cloudwatch/metricAlarm:MetricAlarm")
    }
    assert windows["alarms-cpu-credits"] == (300, 1)
    assert windows["alarms-disk"] == (60, 5)


def test_an_alarm_watches_the_stacks_own_metric(engine: Any) -> None:
    alarm = declare(engine).one("cloudwatch/metricAlarm:MetricAlarm", "alarms-unhealthy")
    assert (alarm["namespace"], alarm["metricName"]) == ("AWS/ApplicationELB", "UnHealthyHostCount")
    assert alarm["dimensions"] == {"LoadBalancer": "app/front/1", "TargetGroup": "targetgroup/front/2"}


def test_a_metric_without_dimensions_is_declared_without(engine: Any) -> None:
    watched = WatchedMachine(host="app.preqly.com", group="machine", log_namespace="Preqly/preqly-test")
    engine.run(lambda: Alarms("alarms", AlarmsArgs(alarms=of_machine(watched), database="database", email="")))
    assert "dimensions" not in engine.one("cloudwatch/metricAlarm:MetricAlarm", "alarms-slow")
    assert "dimensions" in engine.one("cloudwatch/metricAlarm:MetricAlarm", "alarms-disk")


def test_cloudwatch_gets_either_a_statistic_or_a_percentile(engine: Any) -> None:
    for alarm in declare(engine).all("cloudwatch/metricAlarm:MetricAlarm"):
        assert ("statistic" in alarm.inputs) != ("extendedStatistic" in alarm.inputs)
    assert declare(engine).by_type["aws:cloudwatch/metricAlarm:MetricAlarm"][2].inputs["extendedStatistic"] == "p99"


def test_only_aws_services_of_this_account_publish(engine: Any) -> None:
    policy = json.loads(declare(engine).one("sns/topicPolicy:TopicPolicy")["policy"])
    (statement,) = policy["Statement"]
    assert statement["Principal"]["Service"] == [
        "budgets.amazonaws.com",
        "cloudwatch.amazonaws.com",
        "events.rds.amazonaws.com",
        "ses.amazonaws.com",
    ]
    assert statement["Resource"] == TOPIC


def test_whoever_is_told_of_the_topic_waits_until_it_takes_what_they_publish(engine: Any) -> None:
    declare(engine)
    events = engine.options("rds/eventSubscription:EventSubscription", "alarms-database-events")
    assert any(urn.endswith("::alarms-publishers") for urn in events.dependencies)


@pytest.mark.parametrize(("email", "subscribers"), [("", []), ("ops@preqly.com", ["ops@preqly.com"])])
def test_whoever_asked_is_told_by_mail(engine: Any, email: str, subscribers: list[str]) -> None:
    found = declare(engine, email).all("sns/topicSubscription:TopicSubscription")
    assert [subscription.inputs["endpoint"] for subscription in found] == subscribers


def test_the_databases_own_events_are_told_too(engine: Any) -> None:
    events = declare(engine).one("rds/eventSubscription:EventSubscription")
    assert events["snsTopic"] == TOPIC
    assert (events["sourceType"], events["sourceIds"]) == ("db-instance", ["preqly-0a1b2c3d"])
    assert {"failure", "failover", "low storage", "maintenance"} <= set(events["eventCategories"])
