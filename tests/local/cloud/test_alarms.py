"""Alarms change their state with the numbers that are reported, and tell their topic."""

import json
import time
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from local.cloud.alarms import ALARM, INSUFFICIENT_DATA, OK, Alarms, evaluate
from local.cloud.server import EmbeddedCloud
from tests.local.cloud.clouds import client

NOW = 1_800_000_000.0
"""A whole minute."""
SITE = [{"Name": "Site", "Value": "app.preqly.com"}]


def alarm(**other: Any) -> Any:
    dimensions = [SimpleNamespace(name="Site", value="app.preqly.com")]
    settings = {
        "namespace": "Preqly/Machine",
        "metric_name": "DiskUsed",
        "dimensions": dimensions,
        "comparison_operator": "GreaterThanThreshold",
        "threshold": 85.0,
        "period": 60,
        "evaluation_periods": 3,
        "datapoints_to_alarm": None,
        "statistic": "Maximum",
        "extended_statistic": None,
        "treat_missing_data": "notBreaching",
    }
    return SimpleNamespace(**(settings | other))


def reported(*values: float | None, site: str = "app.preqly.com") -> list[Any]:
    """One value a minute, the last one in the minute that has just ended."""
    return [
        SimpleNamespace(
            namespace="Preqly/Machine",
            name="DiskUsed",
            value=value,
            dimensions=[SimpleNamespace(name="Site", value=site)],
            timestamp=datetime.fromtimestamp(NOW - 60 * (len(values) - index) + 5, UTC),
        )
        for index, value in enumerate(values)
        if value is not None
    ]


@pytest.mark.parametrize(
    ("values", "state"),
    [((90, 91, 92), ALARM), ((90, 50, 92), OK), ((90, None, 92), OK), ((50, 90, 91, 92), ALARM)],
)
def test_an_alarm_rings_when_every_period_breaks_its_threshold(values: tuple[float | None, ...], state: str) -> None:
    assert evaluate(alarm(), reported(*values), NOW) == state


@pytest.mark.parametrize(
    ("silence", "state"),
    [("breaching", ALARM), ("notBreaching", OK), ("ignore", None), (None, INSUFFICIENT_DATA)],
)
def test_silence_means_what_the_alarm_says(silence: str | None, state: str | None) -> None:
    assert evaluate(alarm(treat_missing_data=silence), reported(1, None, None, None), NOW) == state


def test_a_metric_that_nothing_here_reports_leaves_its_alarm_alone() -> None:
    assert evaluate(alarm(treat_missing_data="breaching"), reported(90, 90, 90, site="other"), NOW) is None


def test_some_periods_may_be_enough_and_a_percentile_looks_at_the_highest() -> None:
    assert evaluate(alarm(datapoints_to_alarm=2), reported(90, 50, 92), NOW) == ALARM
    data = [*reported(90), *reported(10)]
    assert evaluate(alarm(evaluation_periods=1, statistic=None, extended_statistic="p99"), data, NOW) == ALARM
    assert evaluate(alarm(evaluation_periods=1, statistic="Average"), data, NOW) == OK


def test_a_ringing_alarm_tells_its_topic_once(cloud: EmbeddedCloud) -> None:
    topic = client(cloud, "sns").create_topic(Name="team")["TopicArn"]
    cloudwatch = client(cloud, "cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="disk",
        Namespace="Preqly/Machine",
        MetricName="DiskUsed",
        Dimensions=SITE,
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=85,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[topic],
    )
    before = datetime.fromtimestamp(time.time() // 60 * 60 - 30, UTC)
    number = {"MetricName": "DiskUsed", "Value": 99.0, "Dimensions": SITE, "Timestamp": before}
    cloudwatch.put_metric_data(Namespace="Preqly/Machine", MetricData=[number])
    for _ in range(2):
        Alarms(cloud.context).step()
    (found,) = cloudwatch.describe_alarms(AlarmNames=["disk"])["MetricAlarms"]
    assert found["StateValue"] == "ALARM"
    sent = cloud.context.backend("sns").topics[topic].sent_notifications
    assert [json.loads(one[1])["NewStateValue"] for one in sent] == ["ALARM"]


def test_old_numbers_are_forgotten(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloudwatch = client(cloud, "cloudwatch")
    for seconds in (0, 4 * 3600):
        number = {"MetricName": "DiskUsed", "Value": 1.0, "Timestamp": datetime.fromtimestamp(NOW + seconds, UTC)}
        cloudwatch.put_metric_data(Namespace="Preqly/Machine", MetricData=[number])
    monkeypatch.setattr(time, "time", lambda: NOW + 4 * 3600)
    Alarms(cloud.context).step()
    assert len(cloud.context.backend("cloudwatch").metric_data) == 1
