"""Containers' output into moto's log groups, as the awslogs driver does it."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from docker.errors import DockerException, NotFound

from local.cloud.context import CloudContext
from local.cloud.ecs_containers import TaskContainers
from local.cloud.ecs_state import TaskView

logger = logging.getLogger("preqly.cloud")

BATCH_SECONDS = 0.5
KEPT_EVENTS = 5000
"""Per stream, which lives in memory and in the snapshot; the oldest go first."""
FINISH_SECONDS = 3.0
"""How long the end of a container's output is waited for before the container is removed."""

Backend = Callable[[str], Any]


class LogSetupError(Exception):
    """The log configuration cannot work; the message is ECS's stop reason."""


def stream_of(definition: Mapping[str, Any], task_id: str) -> tuple[str, str] | None:
    """Log group and stream of a container, or None when its output goes nowhere."""
    configuration = definition.get("logConfiguration") or {}
    options = configuration.get("options") or {}
    if configuration.get("logDriver") != "awslogs" or not options.get("awslogs-group"):
        return None
    prefix = options.get("awslogs-stream-prefix")
    stream = f"{prefix}/{definition['name']}/{task_id}" if prefix else task_id
    return options["awslogs-group"], stream


def prepare(backend: Backend, definition: Mapping[str, Any], task_id: str) -> None:
    """Make the container's log stream. Raises LogSetupError when its group is missing. Hold the lock."""
    found = stream_of(definition, task_id)
    if found is None:
        return
    group, stream = found
    logs = backend("logs")
    if group not in logs.groups:
        if definition["logConfiguration"]["options"].get("awslogs-create-group") != "true":
            raise LogSetupError(
                "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
                "failed to create Cloudwatch log stream: ResourceNotFoundException: "
                f"The specified log group does not exist: {group}"
            )
        logs.create_log_group(group, {}, kmsKeyId=None)
    if stream not in logs.groups[group].streams:
        logs.create_log_stream(group, stream)


class LogShipper:
    """Follows the output of the containers it is told of, each in a thread, from where the stream in moto ends."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._followers: dict[str, dict[str, threading.Thread]] = {}

    def follow(self, task: TaskView, containers: TaskContainers) -> None:
        """Follow every container of the task that has started. Repeatable."""
        followers = self._followers.setdefault(task.id, {})
        for definition in task.containers:
            name = definition["name"]
            state = containers.states.get(name)
            target = stream_of(definition, task.id)
            if state is None or not state.was_started or target is None or name in followers:
                continue
            thread = threading.Thread(
                target=self._ship, args=(containers.ids[name], *target), name=f"logs-{name}", daemon=True
            )
            followers[name] = thread
            thread.start()

    def finish(self, task_id: str) -> None:
        """Wait for the last lines of a task whose containers have ended."""
        for thread in self._followers.pop(task_id, {}).values():
            thread.join(FINISH_SECONDS)

    def _ship(self, container: str, group: str, stream: str) -> None:
        try:
            lines = self._context.docker.client.api.logs(
                container, stream=True, follow=True, timestamps=True, since=self._last_seconds(group, stream)
            )
            self._ship_lines(lines, group, stream)
        except NotFound:
            return
        except (DockerException, OSError) as error:
            # A follower lost costs log lines, never the task.
            logger.warning("logs: %s: %s", stream, error)

    def _ship_lines(self, chunks: Iterable[bytes], group: str, stream: str) -> None:
        batch: list[dict[str, Any]] = []
        last = self._last_timestamp(group, stream)
        sent_at = 0.0
        for line in whole_lines(chunks):
            event = parse_line(line)
            if event is None or event["timestamp"] <= last:
                continue
            batch.append(event)
            if time.monotonic() - sent_at > BATCH_SECONDS:
                self._put(group, stream, batch)
                batch, sent_at = [], time.monotonic()
        self._put(group, stream, batch)

    def _put(self, group: str, stream: str, events: list[dict[str, Any]]) -> None:
        if not events:
            return
        with self._context.lock:
            log_group = self._context.backend("logs").groups.get(group)
            if log_group is None or stream not in log_group.streams:
                return
            log_group.put_log_events(stream, sorted(events, key=lambda event: event["timestamp"]))
            log_stream = log_group.streams[stream]
            del log_stream.events[:-KEPT_EVENTS]

    def _last_timestamp(self, group: str, stream: str) -> int:
        with self._context.lock:
            log_group = self._context.backend("logs").groups.get(group)
            events = log_group.streams[stream].events if log_group and stream in log_group.streams else []
            return max((int(event.timestamp) for event in events), default=0)

    def _last_seconds(self, group: str, stream: str) -> int | None:
        # Docker's SDK takes no zero.
        return self._last_timestamp(group, stream) // 1000 or None


def whole_lines(chunks: Iterable[bytes]) -> Iterable[bytes]:
    """Lines of a stream that is cut anywhere."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
    if rest:
        yield rest


def parse_line(line: bytes) -> dict[str, Any] | None:
    """A log event of a line that Docker prefixed with its time; None for an empty one, which CloudWatch refuses."""
    stamp, _, message = line.decode(errors="replace").rstrip("\r\n").partition(" ")
    if not message:
        return None
    # Python reads microseconds, Docker writes nanoseconds.
    moment = datetime.fromisoformat(stamp[:26].rstrip("Z") + "+00:00")
    return {"timestamp": int(moment.timestamp() * 1000), "message": message}
