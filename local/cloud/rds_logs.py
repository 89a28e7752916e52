"""PostgreSQL's own log in CloudWatch, where RDS puts it."""

import time

from docker.models.containers import Container

from local.cloud.context import CloudContext
from local.cloud.log_shipping import KEPT_EVENTS, parse_line
from local.cloud.rds_instance import Instance

PERIOD_SECONDS = 5.0
LONGEST_READ_LINES = 1000
"""A pass reads no more: an agent that was away skips what nobody waited for."""


class DatabaseLogs:
    """Ships what an instance's container writes, if the instance exports its `postgresql` log."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._shipped_at: dict[str, float] = {}

    def ship(self, instance: Instance, container: Container) -> None:
        """Put what was written since the last call into the log stream; every few seconds, for it asks Docker."""
        now = time.monotonic()
        due = now - self._shipped_at.get(instance.resource_id, now - PERIOD_SECONDS) >= PERIOD_SECONDS
        if not due or "postgresql" not in instance.exported_logs:
            return
        self._shipped_at[instance.resource_id] = now
        group, stream = f"/aws/rds/instance/{instance.identifier}/postgresql", f"{instance.identifier}.0"
        last = self._last_timestamp(group, stream)
        output = container.logs(timestamps=True, tail=LONGEST_READ_LINES, since=last // 1000 or None)
        events = [event for event in map(parse_line, output.splitlines()) if event and event["timestamp"] > last]
        if not events:
            return
        with self._context.lock:
            logs = self._context.backend("logs")
            if group not in logs.groups:
                logs.create_log_group(group, {}, kmsKeyId=None)
            if stream not in logs.groups[group].streams:
                logs.create_log_stream(group, stream)
            logs.groups[group].put_log_events(stream, sorted(events, key=lambda event: event["timestamp"]))
            del logs.groups[group].streams[stream].events[:-KEPT_EVENTS]
            self._context.touch()

    def _last_timestamp(self, group: str, stream: str) -> int:
        with self._context.lock:
            found = self._context.backend("logs").groups.get(group)
            events = found.streams[stream].events if found is not None and stream in found.streams else []
            return max((int(event.timestamp) for event in events), default=0)
