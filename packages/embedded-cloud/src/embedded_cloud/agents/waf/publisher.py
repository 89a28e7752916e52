"""Puts metrics and log records of a web ACL into CloudWatch."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.config import REGION

PUBLISH_SECONDS = 5.0
"""Pause between two publications. AWS has a metric within a minute or two."""

Metric = tuple[str, str, str]
"""Name of the metric, metric name of the web ACL, and dimension `Rule`."""
Record = tuple[str, str, dict[str, Any]]
"""Log group, log stream and event."""


class Publisher:
    """Gathers what requests leave behind, without the cloud's lock, and publishes it in batches."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._counts: Counter[Metric] = Counter()
        self._events: defaultdict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        """By log group and log stream."""
        self._published_at = -PUBLISH_SECONDS

    def note(self, metrics: Iterable[Metric], records: Iterable[Record]) -> None:
        """Raise each of the metrics by one, and keep the records for the next publication."""
        with self._lock:
            self._counts.update(metrics)
            for group, stream, event in records:
                self._events[group, stream].append(event)

    def publish(self) -> None:
        """Put what has gathered into CloudWatch: one batch of metrics, and one of records for each log stream."""
        if time.monotonic() - self._published_at < PUBLISH_SECONDS:
            return
        with self._lock:
            self._published_at = time.monotonic()
            counts, self._counts = self._counts, Counter()
            events, self._events = self._events, defaultdict(list)
        if not counts and not events:
            return
        data = metric_data(counts)
        # Requests end in another order than they begin; a batch has to be in that of time.
        batches = {where: sorted(found, key=lambda event: int(event["timestamp"])) for where, found in events.items()}
        with self._context.lock:
            self._context.backend("cloudwatch").put_metric_data("AWS/WAFV2", data)
            for (group, stream), batch in batches.items():
                self._put_events(group, stream, batch)
        self._context.touch()

    def _put_events(self, group: str, stream: str, batch: list[dict[str, Any]]) -> None:
        logs = self._context.backend("logs")
        # Someone may have deleted the log group.
        if group not in logs.groups:
            return
        if stream not in logs.groups[group].streams:
            logs.create_log_stream(group, stream)
        logs.put_log_events(group, stream, batch)


def metric_data(counts: Mapping[Metric, int]) -> list[dict[str, Any]]:
    """Return counts as PutMetricData takes them."""
    now = datetime.now(UTC).replace(tzinfo=None)
    data = []
    for (name, acl, rule), count in counts.items():
        values = {"WebACL": acl, "Region": REGION, "Rule": rule}
        dimensions = [{"Name": key, "Value": value} for key, value in values.items()]
        one = {"MetricName": name, "Value": float(count), "Unit": "Count", "Timestamp": now}
        data.append({**one, "Dimensions": dimensions})
    return data
