"""The cache on Redis or Valkey during an outage, and the lengths of its queues."""

import json
import logging
import time
from typing import Any

import pytest

from django_hosting import cache, queue_lengths


@pytest.fixture
def away() -> Any:
    """A cache whose server refuses connections."""
    options = {"socket_connect_timeout": 1, "socket_timeout": 1}
    return cache.ForgivingRedisCache("redis://127.0.0.1:1/0", {"OPTIONS": options})


def test_an_outage_is_a_miss_for_every_operation(away: Any) -> None:
    assert away.get("key", "default") == "default"
    assert away.get_or_set("key", lambda: "computed") == "computed"
    assert away.set("key", 1) is None
    assert away.add("key", 1) is False
    assert (away.delete("key"), away.touch("key"), away.has_key("key"), "key" in away) == (False, False, False, False)
    assert (away.get_many(["a", "b"]), away.set_many({"a": 1}), away.delete_many(["a"])) == ({}, [], None)
    away.clear()
    with pytest.raises(ValueError, match="not found"):
        away.incr("key")


def test_a_server_that_failed_is_asked_again_after_a_pause_and_logged_once(
    away: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(50):
            away.get("key")
        assert len(caplog.records) == 1
        later = time.monotonic() + cache.PAUSE_SECONDS + 1
        monkeypatch.setattr(time, "monotonic", lambda: later)
        away.get("key")
        assert len(caplog.records) == 2


def test_every_operation_of_djangos_client_has_an_answer_for_an_outage() -> None:
    operations = {name for name in vars(cache.RedisCacheClient) if not name.startswith("_")} - {"get_client"}
    assert operations == set(cache.MISSES)


def test_a_length_is_a_line_that_cloudwatch_reads() -> None:
    line = json.loads(queue_lengths.metric_line("shop-prod", "celery", 7))
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("DjangoHosting", [["Site", "Queue"]])
    assert directive["Metrics"] == [{"Name": "QueueLength", "Unit": "Count"}]
    assert abs(line["_aws"]["Timestamp"] - time.time() * 1000) < 60_000
    assert (line["Site"], line["Queue"], line["QueueLength"]) == ("shop-prod", "celery", 7)


def test_without_queues_nothing_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []
    # A builtin would not be bound to the thread.
    monkeypatch.setattr(queue_lengths.threading.Thread, "start", lambda self: started.append(self))  # noqa: PLW0108
    queue_lengths.start({"REDIS_URL": "redis://cache"})
    queue_lengths.start({"CACHE_QUEUES": "celery"})
    assert started == []
    queue_lengths.start({"CACHE_QUEUES": "celery", "REDIS_URL": "redis://cache", "CACHE_QUEUES_SITE": "a-b"})
    assert len(started) == 1
