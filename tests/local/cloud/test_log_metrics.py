"""Metric filters: which lines count, and what arrives in CloudWatch."""

import json
import time
from typing import Any

import pytest

from infra.machine.watch import FILTERS
from local.cloud.moto_patches import logs
from local.cloud.moto_patches.logs import matches
from local.cloud.server import EmbeddedCloud
from tests.local.cloud.clouds import client

GROUP, STREAM = "application", "web/proxy/1"
ERRORS, SECONDS = FILTERS["Errors"], FILTERS["AnswerSeconds"]


@pytest.fixture
def group(cloud: EmbeddedCloud) -> Any:
    made = client(cloud, "logs")
    made.create_log_group(logGroupName=GROUP)
    made.create_log_stream(logGroupName=GROUP, logStreamName=STREAM)
    return made


def put_filter(group: Any, name: str, pattern: str, value: str) -> None:
    change = {"metricName": name, "metricNamespace": "Preqly/test", "metricValue": value}
    group.put_metric_filter(logGroupName=GROUP, filterName=name, filterPattern=pattern, metricTransformations=[change])


def say(group: Any, *lines: Any) -> None:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    events = [{"timestamp": int(time.time() * 1000), "message": text} for text in texts]
    group.put_log_events(logGroupName=GROUP, logStreamName=STREAM, logEvents=events)


def numbers(cloud: EmbeddedCloud) -> dict[str, float]:
    return {one.name: one.value for one in cloud.context.backend("cloudwatch").metric_data}


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ({"logger": "nginx", "status": 502}, True),
        ({"logger": "nginx", "status": 404}, False),
        ({"logger": "gunicorn", "status": 502}, False),
        ({"logger": "nginx", "status": "502"}, False),
        ({"logger": "nginx"}, False),
    ],
)
def test_a_line_counts_when_every_term_holds(line: dict[str, Any], counts: bool) -> None:
    assert matches(ERRORS[0], line) == counts


def test_a_pattern_of_another_kind_counts_nothing() -> None:
    assert not matches("ERROR", {"logger": "nginx", "status": 502})


def test_lines_become_the_numbers_that_alarms_look_at(cloud: EmbeddedCloud, group: Any) -> None:
    put_filter(group, "Errors", *ERRORS)
    put_filter(group, "AnswerSeconds", *SECONDS)
    answers = [{"logger": "nginx", "status": status, "seconds": status / 1000} for status in (200, 500, 503)]
    say(group, "plain text", "{not json", *answers)
    assert numbers(cloud) == {"Errors": 2.0, "AnswerSeconds": 0.503}


def test_a_filter_takes_the_place_of_one_of_its_name(cloud: EmbeddedCloud, group: Any) -> None:
    put_filter(group, "Errors", *ERRORS)
    put_filter(group, "Errors", "{ $.status >= 400 }", "1")
    (found,) = group.describe_metric_filters(logGroupName=GROUP)["metricFilters"]
    assert found["filterPattern"] == "{ $.status >= 400 }"
    say(group, {"status": 404})
    assert numbers(cloud) == {"Errors": 1.0}


def test_a_stream_keeps_its_latest_lines(cloud: EmbeddedCloud, group: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "KEPT_EVENTS", 3)
    say(group, *map(str, range(5)))
    events = cloud.context.backend("logs").groups[GROUP].streams[STREAM].events
    assert [event.message for event in events] == ["2", "3", "4"]
