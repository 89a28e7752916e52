"""Containers' output into moto's log groups, as the awslogs driver does it."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from docker.errors import DockerException, NotFound

from local.cloud.context import CloudContext
from local.cloud.ecs_containers import TaskContainers
from local.cloud.ecs_state import TaskView

logger = logging.getLogger("preqly.cloud")

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
        self._followers: dict[str, dict[str, _Follower]] = {}

    def follow(self, task: TaskView, containers: TaskContainers) -> None:
        """Follow every container of the task that has started, and ship what they have said. Repeatable."""
        followers = self._followers.setdefault(task.id, {})
        for definition in task.containers:
            name = definition["name"]
            state = containers.states.get(name)
            target = stream_of(definition, task.id)
            if target is None or state is None or not state.was_started:
                continue
            if name not in followers:
                followers[name] = _Follower(self._context, containers.ids[name], *target)
            followers[name].ship()

    def finish(self, task_id: str) -> None:
        """Ship the last lines of a task whose containers have ended."""
        for follower in self._followers.pop(task_id, {}).values():
            follower.finish()


class _Follower:
    """Reads one container's output in a thread; what was read is shipped by whoever calls `ship`."""

    def __init__(self, context: CloudContext, container: str, group: str, stream: str) -> None:
        self._context, self._container, self._group, self._stream = context, container, group, stream
        self._lines: deque[bytes] = deque()
        self._last = self._last_timestamp()
        self._thread = threading.Thread(target=self._read, name=f"logs-{stream[:40]}", daemon=True)
        self._thread.start()

    def ship(self) -> None:
        """Put what was read since into the log stream."""
        lines = [self._lines.popleft() for _ in range(len(self._lines))]
        events = [event for event in map(parse_line, lines) if event and event["timestamp"] > self._last]
        if not events:
            return
        with self._context.lock:
            group = self._context.backend("logs").groups.get(self._group)
            if group is not None and self._stream in group.streams:
                group.put_log_events(self._stream, sorted(events, key=lambda event: event["timestamp"]))
                del group.streams[self._stream].events[:-KEPT_EVENTS]

    def finish(self) -> None:
        """Ship the rest; the container has ended."""
        self._thread.join(FINISH_SECONDS)
        self.ship()

    def _read(self) -> None:
        try:
            chunks = self._context.docker.client.api.logs(
                self._container,
                stream=True,
                follow=True,
                timestamps=True,
                # Whole seconds, and never zero: Docker's SDK takes nothing else. `ship` drops what comes twice.
                since=self._last // 1000 or None,
            )
            self._lines.extend(whole_lines(chunks))
        except NotFound:
            return
        except (DockerException, OSError) as error:
            # A follower lost costs log lines, never the task.
            logger.warning("logs: %s: %s", self._stream, error)

    def _last_timestamp(self) -> int:
        """Of the events an earlier process shipped."""
        with self._context.lock:
            group = self._context.backend("logs").groups.get(self._group)
            events = group.streams[self._stream].events if group and self._stream in group.streams else []
            return max((int(event.timestamp) for event in events), default=0)


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
