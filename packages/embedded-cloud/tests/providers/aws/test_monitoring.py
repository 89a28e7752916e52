"""Logs, alarms, dashboards, budgets and autoscaling, through the provider protocol."""

import json
from typing import Any

import pytest

LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"
BUDGET = "aws:budgets/budget:Budget"
TARGET = "aws:appautoscaling/target:Target"
POLICY = "aws:appautoscaling/policy:Policy"
ALARM_INPUTS = {
    "namespace": "AWS/ECS",
    "metricName": "CPUUtilization",
    "dimensions": {"ClusterName": "c", "ServiceName": "s"},
    "extendedStatistic": "p99",
    "comparisonOperator": "GreaterThanThreshold",
    "threshold": 0.5,
    "period": 60,
    "evaluationPeriods": 3,
    "treatMissingData": "notBreaching",
    "tags": {"a": "b"},
}


@pytest.fixture(scope="module")
def topic(emulation: Any) -> str:
    return str(emulation.client("sns").create_topic(Name="told")["TopicArn"])


def test_a_log_group_keeps_retention_and_key(emulation: Any) -> None:
    key = emulation.client("kms").create_key()["KeyMetadata"]["Arn"]
    group = emulation.resource(LOG_GROUP, retentionInDays=30, kmsKeyId=key, tags={"a": "b"})
    assert group.drift() == {}
    assert not group.state["arn"].endswith(":*")
    group.up(retentionInDays=365, kmsKeyId=key)
    (known,) = emulation.client("logs").describe_log_groups(logGroupNamePrefix=group.id)["logGroups"]
    assert known["retentionInDays"] == 365
    group.assert_deletable()


def test_a_log_group_may_outlive_its_stack(emulation: Any) -> None:
    group = emulation.resource(LOG_GROUP, "kept", skipDestroy=True)
    group.delete()
    assert group.is_there()


def test_a_log_group_with_a_longer_name_is_another_one(emulation: Any) -> None:
    group = emulation.resource(LOG_GROUP, "x", name="app")
    emulation.resource(LOG_GROUP, "y", name="app-other")
    group.assert_deletable()


def test_an_alarm_changes_in_place_without_drift(emulation: Any, topic: str) -> None:
    alarm = emulation.resource(ALARM, **ALARM_INPUTS, alarmActions=[topic], okActions=[topic])
    assert alarm.drift() == {}
    alarm.up(**{**ALARM_INPUTS, "threshold": 2}, alarmActions=[topic])
    assert alarm.drift() == {}
    (known,) = emulation.client("cloudwatch").describe_alarms(AlarmNames=[alarm.id])["MetricAlarms"]
    assert (known["Threshold"], known["OKActions"]) == (2.0, [])
    alarm.assert_deletable()


def test_an_alarm_on_a_metric_without_dimensions_has_no_drift(emulation: Any) -> None:
    without = {name: value for name, value in ALARM_INPUTS.items() if name != "dimensions"}
    assert emulation.resource(ALARM, **without).drift() == {}
    assert emulation.resource(ALARM, "empty", **without, dimensions={}).drift() == {}


def test_the_json_layout_of_a_dashboard_does_not_count(emulation: Any) -> None:
    body = {"widgets": [], "start": "-PT1H"}
    board = emulation.resource(DASHBOARD, dashboardName="board", dashboardBody=json.dumps(body))
    assert board.drift() == {}
    assert board.diff(dashboardName="board", dashboardBody=json.dumps(body, indent=2)) == (set(), set())
    board.up(dashboardName="board", dashboardBody=json.dumps({**body, "start": "-PT3H"}))
    board.assert_deletable()


def test_a_budget_follows_its_limit(emulation: Any, topic: str) -> None:
    warning = {
        "notificationType": "ACTUAL",
        "comparisonOperator": "GREATER_THAN",
        "threshold": 80.0,
        "thresholdType": "PERCENTAGE",
        "subscriberSnsTopicArns": [topic],
    }
    inputs = {"budgetType": "COST", "timeUnit": "MONTHLY", "limitUnit": "USD", "notifications": [warning]}
    budget = emulation.resource(BUDGET, **inputs, limitAmount="50", tags={"a": "b"})
    assert budget.drift() == {}
    assert budget.diff(**inputs, limitAmount="50.0", tags={"a": "b"}) == (set(), set())
    assert budget.diff(**inputs, limitAmount="50", tags={"a": "c"})[1] == set()
    budget.up(**inputs, limitAmount="60")
    budgets = emulation.client("budgets")
    known = budgets.describe_budget(AccountId="123456789012", BudgetName=budget.state["name"])["Budget"]
    assert known["BudgetLimit"]["Amount"] == "60"
    budget.assert_deletable()


@pytest.fixture(scope="module")
def scaled(emulation: Any) -> dict[str, str]:
    ecs = emulation.client("ecs")
    ecs.create_cluster(clusterName="scaled")
    ecs.register_task_definition(family="scaled", containerDefinitions=[{"name": "web", "image": "x", "memory": 64}])
    ecs.create_service(cluster="scaled", serviceName="web", taskDefinition="scaled", desiredCount=2)
    return {
        "serviceNamespace": "ecs",
        "scalableDimension": "ecs:service:DesiredCount",
        "resourceId": "service/scaled/web",
    }


def _statistics(namespace: str, name: str, dimension: str) -> dict[str, Any]:
    dimensions = [{"name": dimension, "value": "orders"}]
    return {"metric": {"namespace": namespace, "metricName": name, "dimensions": dimensions}, "stat": "Average"}


BACKLOG = {
    "customizedMetricSpecification": {
        "metrics": [
            {
                "id": "jobs",
                "metricStat": _statistics("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName"),
                "returnData": False,
            },
            {
                "id": "tasks",
                "metricStat": _statistics("ECS/ContainerInsights", "RunningTaskCount", "ServiceName"),
                "returnData": False,
            },
            {"id": "backlog", "expression": "jobs / tasks", "returnData": True},
        ]
    },
    "targetValue": 25,
}


def test_a_scalable_target_and_its_policy_change_in_place(emulation: Any, scaled: dict[str, str]) -> None:
    target = emulation.resource(TARGET, **scaled, minCapacity=2, maxCapacity=10)
    rule = {
        "predefinedMetricSpecification": {"predefinedMetricType": "ECSServiceAverageCPUUtilization"},
        "targetValue": 70,
        "scaleInCooldown": 300,
        "scaleOutCooldown": 60,
    }
    inputs = {**scaled, "policyType": "TargetTrackingScaling"}
    policy = emulation.resource(POLICY, **inputs, targetTrackingScalingPolicyConfiguration=rule)
    other = {**rule, "predefinedMetricSpecification": {"predefinedMetricType": "ECSServiceAverageMemoryUtilization"}}
    second = emulation.resource(POLICY, "second", **inputs, targetTrackingScalingPolicyConfiguration=other)
    third = emulation.resource(POLICY, "third", **inputs, targetTrackingScalingPolicyConfiguration=BACKLOG)
    assert (target.drift(), policy.drift(), second.drift(), third.drift()) == ({}, {}, {}, {})
    target.up(**scaled, minCapacity=2, maxCapacity=20)
    policy.up(**inputs, targetTrackingScalingPolicyConfiguration={**rule, "targetValue": 60})
    assert target.state["maxCapacity"] == 20
    assert policy.state["targetTrackingScalingPolicyConfiguration"]["targetValue"] == 60
    policy.delete()
    assert not policy.is_there()
    assert second.is_there()
    target.delete()
    assert not target.is_there()


def test_scaling_of_a_service_that_does_not_exist_is_refused(
    emulation: Any, scaled: dict[str, str], refusal: Any
) -> None:
    lost = {**scaled, "resourceId": "service/scaled/nothing"}
    said = refusal(lambda: emulation.resource(TARGET, "lost", **lost, minCapacity=2, maxCapacity=10))
    assert said == 'resourceId: there is no ECS service "nothing" in cluster scaled'
