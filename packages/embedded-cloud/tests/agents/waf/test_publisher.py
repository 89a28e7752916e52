"""What requests leave behind in CloudWatch, and when."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from embedded_cloud.agents.elb import agent
from embedded_cloud.agents.elb.agent import ElbAgent
from embedded_cloud.agents.waf.publisher import Publisher
from embedded_cloud.config import Clocks

COUNTED = ("CountedRequests", "front", "core")
Context = Any


@pytest.fixture
def put() -> list[tuple[str, Any]]:
    """Each call of a backend: its place, and what it was given."""
    return []


@pytest.fixture
def context(put: list[tuple[str, Any]]) -> Context:
    streams: dict[str, Any] = {}
    logs = SimpleNamespace(
        groups={"aws-waf-logs-front": SimpleNamespace(streams=streams)},
        create_log_stream=lambda _, stream: streams.setdefault(stream, []),
        put_log_events=lambda group, stream, events: put.append((f"{group}/{stream}", events)),
    )
    cloudwatch = SimpleNamespace(put_metric_data=lambda namespace, data: put.append((namespace, data)))
    elb = SimpleNamespace(target_groups={})
    backends = {"logs": logs, "cloudwatch": cloudwatch, "elbv2": elb, "acm": None}
    config = SimpleNamespace(clocks=Clocks())
    return SimpleNamespace(backend=backends.get, lock=threading.Lock(), touch=lambda: None, config=config)


def record(milliseconds: int, group: str = "aws-waf-logs-front", stream: str = "a") -> tuple[str, str, dict[str, Any]]:
    return group, stream, {"timestamp": milliseconds, "message": "{}"}


def test_metrics_come_in_one_batch_and_records_in_one_for_each_stream_in_the_order_of_time(
    context: Context, put: list[tuple[str, Any]]
) -> None:
    publisher = Publisher(context)
    for number in range(100):
        publisher.note([COUNTED], [record(100 - number, stream="ab"[number % 2])])
    publisher.note([COUNTED], [record(1, group="deleted")])
    publisher.publish()
    (namespace, data), first, second = put
    assert (namespace, [(one["MetricName"], one["Value"]) for one in data]) == ("AWS/WAFV2", [("CountedRequests", 101)])
    assert [first[0], second[0]] == ["aws-waf-logs-front/a", "aws-waf-logs-front/b"]
    assert [event["timestamp"] for event in first[1]] == list(range(2, 101, 2))


def test_nothing_is_published_twice_or_too_often(context: Context, put: list[tuple[str, Any]]) -> None:
    publisher = Publisher(context)
    publisher.note([COUNTED], [])
    publisher.publish()
    publisher.note([COUNTED], [])
    publisher.publish()
    assert len(put) == 1
    publisher._published_at -= 6
    publisher.publish()
    publisher._published_at -= 6
    publisher.publish()
    assert len(put) == 2


def test_a_web_acl_without_metrics_has_records(context: Context, put: list[tuple[str, Any]]) -> None:
    publisher = Publisher(context)
    publisher.note([], [record(1)])
    publisher.publish()
    assert put[-1] == ("aws-waf-logs-front/a", [{"timestamp": 1, "message": "{}"}])


def test_a_request_is_noted_while_another_holds_the_clouds_lock(context: Context) -> None:
    publisher = Publisher(context)
    request = threading.Thread(target=publisher.note, args=([COUNTED], [record(1)]), daemon=True)
    with context.lock:
        request.start()
        request.join(2)
        assert not request.is_alive()


def test_what_was_inspected_is_published_when_haproxy_refuses_its_configuration(
    context: Context, put: list[tuple[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    balancer = SimpleNamespace(listeners=[1], target_groups=[], arn="arn:front")
    monkeypatch.setattr(agent, "load_balancers", lambda *_: [balancer])
    monkeypatch.setattr(agent.Inspector, "address_for", lambda *_: "")

    def refuse(*_: Any) -> None:
        raise RuntimeError("HAProxy refuses its configuration")

    monkeypatch.setattr(agent.HaProxy, "serve", refuse)
    made = ElbAgent(context)
    made._inspector._publisher.note([COUNTED], [])
    with pytest.raises(RuntimeError, match="refuses its configuration"):
        made.reconcile()
    made.close()
    assert [where for where, _ in put] == ["AWS/WAFV2"]
