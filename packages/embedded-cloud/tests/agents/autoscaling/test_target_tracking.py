"""How many tasks target tracking wants, and the metrics that it reads."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from moto.cloudwatch.models import CloudWatchBackend

from embedded_cloud.agents.autoscaling.metric_math import MathError, evaluate, newest_value
from embedded_cloud.agents.autoscaling.target_tracking import History, Policy, decide
from embedded_cloud.agents.embedded_metrics import metrics

CPU = Policy.of(
    {"TargetValue": 70, "ScaleOutCooldown": 60, "ScaleInCooldown": 300, "PredefinedMetricSpecification": {}}
)
REQUESTS = Policy.of({"TargetValue": 100, "ScaleOutCooldown": 60, "ScaleInCooldown": 300})


def history(**values: list[float]) -> History:
    found = History()
    for name, numbers in values.items():
        for number in numbers:
            found.add(name, number)
    return found


@pytest.mark.parametrize(
    ("values", "tasks"),
    [
        ([140, 140, 140], 4),
        ([71, 71, 71], 3),
        ([60, 140, 140], 2),
        ([140, 140, 60], 2),
        ([62] * 15, 1),
        ([64] * 15, 2),
        ([10] * 14, 2),
    ],
)
def test_three_values_above_the_target_add_and_fifteen_far_below_it_remove(values: list[float], tasks: int) -> None:
    assert decide(2, {"cpu": CPU}, history(cpu=values), now=1000) == tasks


def test_one_policy_is_enough_to_add_and_all_are_needed_to_remove() -> None:
    both = {"cpu": CPU, "requests": REQUESTS}
    assert decide(2, both, history(cpu=[10] * 15, requests=[300] * 3), now=1000) == 6
    assert decide(4, both, history(cpu=[10] * 15, requests=[95] * 15), now=1000) == 4
    assert decide(4, both, history(cpu=[10] * 15, requests=[50] * 15), now=1000) == 2
    assert decide(4, both, history(cpu=[10] * 15), now=1000) == 4


def test_a_cooldown_waits_and_a_deployment_removes_no_task() -> None:
    found = history(cpu=[140] * 3)
    found.changed_at = 950
    assert decide(2, {"cpu": CPU}, found, now=1000) == 2
    assert decide(2, {"cpu": CPU}, found, now=1010) == 4
    idle = history(cpu=[1] * 15)
    assert decide(2, {"cpu": CPU}, idle, now=1000, may_scale_in=False) == 2
    fixed = Policy.of({"TargetValue": 70, "DisableScaleIn": True})
    assert decide(2, {"cpu": fixed}, idle, now=1000) == 2


def test_metric_math_computes_a_backlog_for_each_task() -> None:
    assert evaluate("visible / tasks", {"visible": 300, "tasks": 4}) == 75
    assert evaluate("FILL(visible, 0) / tasks", {"visible": None, "tasks": 4}) == 0
    assert evaluate("visible / tasks", {"visible": 300, "tasks": 0}) is None
    with pytest.raises(MathError, match="SEARCH"):
        evaluate("SEARCH('x')", {})


def datum(name: str, value: float, age: float) -> dict[str, Any]:
    at = datetime.now(UTC) - timedelta(seconds=age)
    return {"MetricName": name, "Value": value, "Timestamp": at, "Dimensions": [{"Name": "Queue", "Value": "jobs"}]}


def test_the_newest_period_with_data_counts_and_another_dimension_does_not() -> None:
    backend = CloudWatchBackend("us-east-1", "123456789012")
    backend.put_metric_data("Jobs", [datum("Length", 5, 150), datum("Length", 20, 90), datum("Length", 40, 80)])
    specification = {"Namespace": "Jobs", "MetricName": "Length", "Statistic": "Maximum"}
    queue = [{"Name": "Queue", "Value": "jobs"}]
    assert newest_value(backend, {**specification, "Dimensions": queue}, 60) == 40
    assert newest_value(backend, {**specification, "Dimensions": []}, 60) is None


def test_a_line_in_embedded_metric_format_is_a_metric_for_each_set_of_dimensions() -> None:
    line = (
        '{"_aws": {"Timestamp": 1, "CloudWatchMetrics": [{"Namespace": "DjangoHosting", "Dimensions": [["Queue"], []], '
        '"Metrics": [{"Name": "QueueLength", "Unit": "Count"}]}]}, "Queue": "jobs", "QueueLength": 3}'
    )
    found = list(metrics(line))
    assert [(namespace, one["MetricName"], one["Value"], len(one["Dimensions"])) for namespace, one in found] == [
        ("DjangoHosting", "QueueLength", 3, 1),
        ("DjangoHosting", "QueueLength", 3, 0),
    ]
    assert list(metrics('a line about "_aws"')) == []
