"""Alarms, which notify one topic, the budget and the dashboard."""

import json
from typing import Any

import pytest

from infra.ecs.waf_rules import BODY_RULE, RULE_GROUPS
from infra.observability.alarm_rules import cache_alarms, database_alarms, service_alarms
from infra.observability.alarms import Alarms, AlarmsArgs
from infra.observability.budget import Budget, BudgetArgs
from infra.observability.dashboard import (
    Dashboard,
    DashboardArgs,
    body,
    cache_graphs,
    database_graphs,
    service_graphs,
    web_acl_graphs,
)
from infra.observability.metrics import MonitoredDatabase, MonitoredService
from tests.recorder import Recorder, new_engine

SERVICE = MonitoredService(
    load_balancer="app/front/1", target_group="targetgroup/front/2", cluster="cluster", service="service", min_tasks=2
)
DATABASE = MonitoredDatabase(identifier="preqly-0a1b2c3d", connections=70, storage_gb=31)
KEY = "arn:aws:kms:us-east-1:123456789012:key/k"
TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms-topic"


def declare(email: str = "") -> Recorder:
    engine = new_engine()
    args = AlarmsArgs(
        alarms=[*service_alarms(SERVICE), *database_alarms(DATABASE), *cache_alarms(["cache-001", "cache-002"])],
        database=DATABASE.identifier,
        key_arn=KEY,
        email=email,
    )
    engine.run(lambda: Alarms("alarms", args))
    return engine


@pytest.fixture(scope="module")
def recorded() -> Recorder:
    """The alarms of service and database, without a subscriber."""
    return declare()


@pytest.fixture(scope="module")
def alarms(recorded: Recorder) -> dict[str, dict[str, Any]]:
    """Inputs of every alarm by its role."""
    found = recorded.all("cloudwatch/metricAlarm:MetricAlarm")
    return {alarm.name.removeprefix("alarms-"): alarm.inputs for alarm in found}


def test_everything_that_affects_visitors_has_an_alarm(alarms: dict[str, dict[str, Any]]) -> None:
    assert set(alarms) == {
        "application-errors",
        "no-answer",
        "slow",
        "unhealthy",
        "too-few-tasks",
        "memory",
        "database-storage",
        "database-cpu",
        "database-connections",
        *(f"cache-{name}-{node}" for name in ("memory", "evictions", "cpu") for node in (1, 2)),
    }


def test_every_alarm_and_its_recovery_go_to_the_topic_with_advice(alarms: dict[str, dict[str, Any]]) -> None:
    for alarm in alarms.values():
        assert alarm["alarmActions"] == alarm["okActions"] == [TOPIC]
        assert len(alarm["alarmDescription"]) > 40
        assert alarm["alarmDescription"].endswith(".")


def test_thresholds_follow_the_sizes_of_the_stack(alarms: dict[str, dict[str, Any]]) -> None:
    assert alarms["too-few-tasks"]["threshold"] == 2
    assert alarms["database-storage"]["threshold"] == 31 * 1024**3 // 20
    assert alarms["database-connections"]["threshold"] == 56


def test_missing_data_is_a_failure_only_where_tasks_report(alarms: dict[str, dict[str, Any]]) -> None:
    assert [role for role, alarm in alarms.items() if alarm["treatMissingData"] == "breaching"] == ["too-few-tasks"]


def test_latency_is_a_percentile_and_every_alarm_has_one_or_a_statistic(alarms: dict[str, dict[str, Any]]) -> None:
    assert alarms["slow"]["extendedStatistic"] == "p99"
    assert all(("statistic" in alarm) != ("extendedStatistic" in alarm) for alarm in alarms.values())


def test_an_alarm_names_its_metric_with_the_dimensions_of_the_stack(alarms: dict[str, dict[str, Any]]) -> None:
    errors = alarms["application-errors"]
    assert (errors["namespace"], errors["metricName"]) == ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count")
    assert errors["dimensions"] == {"LoadBalancer": "app/front/1", "TargetGroup": "targetgroup/front/2"}
    assert (errors["threshold"], errors["period"], errors["evaluationPeriods"]) == (5, 300, 1)
    unhealthy = alarms["unhealthy"]
    assert (unhealthy["period"], unhealthy["datapointsToAlarm"], unhealthy["evaluationPeriods"]) == (60, 5, 15)
    assert alarms["too-few-tasks"]["dimensions"] == {"ClusterName": "cluster", "ServiceName": "service"}
    assert alarms["cache-memory-2"]["dimensions"] == {"CacheClusterId": "cache-002"}
    assert alarms["database-cpu"]["dimensions"] == {"DBInstanceIdentifier": "preqly-0a1b2c3d"}


def test_the_topic_is_encrypted_with_the_stacks_key(recorded: Recorder) -> None:
    assert recorded.one("sns/topic:Topic")["kmsMasterKeyId"] == KEY


def test_only_aws_services_of_this_account_publish(recorded: Recorder) -> None:
    policy = json.loads(recorded.one("sns/topicPolicy:TopicPolicy")["policy"])
    statement, eventbridge = policy["Statement"]
    assert statement["Principal"]["Service"] == [
        "budgets.amazonaws.com",
        "cloudwatch.amazonaws.com",
        "events.rds.amazonaws.com",
        "ses.amazonaws.com",
    ]
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": TOPIC.split(":")[4]}}
    assert eventbridge["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Resource"] == eventbridge["Resource"] == TOPIC


@pytest.mark.parametrize(("email", "subscribers"), [("", []), ("ops@preqly.com", ["ops@preqly.com"])])
def test_the_topic_notifies_the_address_of_the_settings(email: str, subscribers: list[str]) -> None:
    found = declare(email).all("sns/topicSubscription:TopicSubscription")
    assert [(one.inputs["endpoint"], one.inputs["protocol"]) for one in found] == [
        (one, "email") for one in subscribers
    ]


def test_events_of_the_database_go_to_the_topic_once_rds_may_publish(recorded: Recorder) -> None:
    events = recorded.one("rds/eventSubscription:EventSubscription")
    assert events["snsTopic"] == TOPIC
    assert (events["sourceType"], events["sourceIds"]) == ("db-instance", ["preqly-0a1b2c3d"])
    assert {"failure", "failover", "low storage", "maintenance", "notification"} <= set(events["eventCategories"])
    dependencies = recorded.options("rds/eventSubscription:EventSubscription", "alarms-database-events").dependencies
    assert any(urn.endswith("::alarms-publishers") for urn in dependencies)


def test_the_budget_notifies_before_the_limit_and_of_a_forecast_beyond_it(engine: Recorder) -> None:
    engine.run(lambda: Budget("budget", BudgetArgs(monthly_usd=150, topic_arn="topic")))
    budget = engine.one("budgets/budget:Budget")
    assert (budget["limitAmount"], budget["limitUnit"], budget["timeUnit"]) == ("150", "USD", "MONTHLY")
    notified = [(n["notificationType"], n["threshold"], n["thresholdType"]) for n in budget["notifications"]]
    assert notified == [("ACTUAL", 80, "PERCENTAGE"), ("FORECASTED", 100, "PERCENTAGE")]
    assert all(notification["subscriberSnsTopicArns"] == ["topic"] for notification in budget["notifications"])


GRAPHS = {**service_graphs(SERVICE), **database_graphs(DATABASE)}


def test_graphs_fill_the_page_without_overlap() -> None:
    places = [(widget["x"], widget["y"]) for widget in body(GRAPHS, "us-east-1")["widgets"]]
    assert places == [(x, y) for y in (0, 6, 12) for x in (0, 8, 16)]


def test_a_graph_names_its_metric_with_all_dimensions() -> None:
    titles = {widget["properties"]["title"]: widget["properties"]["metrics"] for widget in body(GRAPHS, "r")["widgets"]}
    assert titles["Answer time in seconds"] == [
        [
            *("AWS/ApplicationELB", "TargetResponseTime"),
            *("LoadBalancer", "app/front/1", "TargetGroup", "targetgroup/front/2"),
            {"stat": quantile},
        ]
        for quantile in ("p50", "p99")
    ]


def test_the_web_acl_has_a_line_for_each_rule_that_counts_or_blocks() -> None:
    counted, blocked = web_acl_graphs("preqly-test", "eu-west-1").values()
    groups = {group.name for group in RULE_GROUPS}
    assert {metric.name for metric in counted} == {"CountedRequests"}
    assert {metric.name for metric in blocked} == {"BlockedRequests"}
    assert {metric.dimensions["Rule"] for metric in counted} == groups
    assert {metric.dimensions["Rule"] for metric in blocked} == {*groups, BODY_RULE}
    for metric in (*counted, *blocked):
        assert metric.namespace == "AWS/WAFV2"
        assert (metric.dimensions["WebACL"], metric.dimensions["Region"]) == ("preqly-test", "eu-west-1")


def test_each_node_of_the_cache_is_a_line_of_three_graphs() -> None:
    graphs = cache_graphs(["cache-001", "cache-002"])
    assert {len(metrics) for metrics in graphs.values()} == {2}
    assert (len(graphs), cache_graphs([])) == (3, {})


def test_the_url_opens_the_dashboard_of_the_stack(engine: Any) -> None:
    url = engine.run(lambda: Dashboard("dashboard", DashboardArgs(graphs=GRAPHS, region="eu-west-1")).url)
    assert url.startswith("https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1")
    assert url.endswith("#dashboards/dashboard/preqly-test")
    declared = engine.one("cloudwatch/dashboard:Dashboard")
    assert json.loads(declared["dashboardBody"]) == body(GRAPHS, "eu-west-1")
