"""Ship the output of containers to moto's log groups, like the awslogs driver."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from docker.errors import DockerException, NotFound

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.agents.ecs.tasks.containers import TaskContainers
from embedded_cloud.agents.ecs.tasks.records import TaskView
from embedded_cloud.agents.embedded_metrics import metrics
from embedded_cloud.api.moto_patches.limits import KEPT_EVENTS

logger = logging.getLogger(__name__)

FINISH_SECONDS = 3.0
"""How long to wait for the end of a container's output before the container is removed."""

Backend = Callable[[str], Any]
MayWrite = Callable[[str, str], bool]
"""Whether IAM allows to write to a stream of a group. It is asked under the cloud's lock."""


class LogSetupError(Exception):
    """The log configuration cannot work. The message is ECS's stop reason."""


def stream_of(definition: Mapping[str, Any], task_id: str) -> tuple[str, str] | None:
    """Return log group and stream of a container, or None when it has no awslogs configuration."""
    configuration = definition.get("logConfiguration") or {}
    options = configuration.get("options") or {}
    if configuration.get("logDriver") != "awslogs" or not options.get("awslogs-group"):
        return None
    prefix = options.get("awslogs-stream-prefix")
    stream = f"{prefix}/{definition['name']}/{task_id}" if prefix else task_id
    return options["awslogs-group"], stream


def prepare(backend: Backend, definition: Mapping[str, Any], task_id: str) -> None:
    """Create the container's log stream. Hold the cloud's lock. Raises LogSetupError when its group is missing."""
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
    """Ships the output of tasks' containers, each from where its stream in moto ends."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._followers: dict[str, dict[str, LogFollower]] = {}

    def follow(self, task: TaskView, containers: TaskContainers, may_write: MayWrite) -> None:
        """Ship the new output of every started container of the task. Idempotent."""
        followers = self._followers.setdefault(task.id, {})
        for definition in task.containers:
            name = definition["name"]
            state = containers.states.get(name)
            target = stream_of(definition, task.id)
            if target is None or state is None or not state.was_started:
                continue
            if name not in followers:
                followers[name] = LogFollower(self._context, containers.ids[name], *target, may_write)
            followers[name].ship()

    def finish(self, task_id: str) -> None:
        """Ship the last lines of a task after its containers have stopped."""
        for follower in self._followers.pop(task_id, {}).values():
            follower.finish()


class LogFollower:
    """Reads one container's output in a thread. `ship` moves what was read to the log stream."""

    def __init__(
        self,
        context: CloudContext,
        container: str,
        group: str,
        stream: str,
        may_write: MayWrite = lambda _group, _stream: True,
    ) -> None:
        self._context, self._container, self._group, self._stream = context, container, group, stream
        self._may_write = may_write
        self._lines: deque[bytes] = deque()
        self._last = self._last_timestamp()
        self._thread = threading.Thread(target=self._read, name=f"logs-{stream[:40]}", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether the container may write more. A restarted container needs a new follower."""
        return self._thread.is_alive()

    def ship(self) -> None:
        """Put what was read since the last call into the log stream; without stream or permission, it is lost."""
        lines = [self._lines.popleft() for _ in range(len(self._lines))]
        events = [event for event in map(parse_line, lines) if event and event["timestamp"] > self._last]
        if not events:
            return
        with self._context.lock:
            group = self._context.backend("logs").groups.get(self._group)
            if group is not None and self._stream in group.streams and self._may_write(self._group, self._stream):
                group.put_log_events(self._stream, sorted(events, key=lambda event: event["timestamp"]))
                del group.streams[self._stream].events[:-KEPT_EVENTS]
                self._publish_metrics(events)

    def _publish_metrics(self, events: Iterable[Mapping[str, Any]]) -> None:
        for event in events:
            for namespace, datum in metrics(event["message"]):
                datum["Timestamp"] = datetime.fromtimestamp(event["timestamp"] / 1000, UTC).replace(tzinfo=None)
                self._context.backend("cloudwatch").put_metric_data(namespace, [datum])

    def finish(self) -> None:
        """Ship the rest after the container has stopped."""
        self._thread.join(FINISH_SECONDS)
        self.ship()

    def _read(self) -> None:
        try:
            chunks = self._context.docker.client.api.logs(
                self._container,
                stream=True,
                follow=True,
                timestamps=True,
                # The SDK accepts only whole seconds above zero. `ship` drops repeated lines.
                since=self._last // 1000 or None,
            )
            self._lines.extend(whole_lines(chunks))
        except NotFound:
            return
        except (DockerException, OSError) as error:
            # Lost log lines must not fail the task.
            logger.warning("logs: %s: %s", self._stream, error)

    def _last_timestamp(self) -> int:
        """Timestamp of the newest event that an earlier process shipped."""
        with self._context.lock:
            group = self._context.backend("logs").groups.get(self._group)
            events = group.streams[self._stream].events if group and self._stream in group.streams else []
            return max((int(event.timestamp) for event in events), default=0)


def whole_lines(chunks: Iterable[bytes]) -> Iterable[bytes]:
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
    if rest:
        yield rest


def parse_line(line: bytes) -> dict[str, Any] | None:
    """Parse a line that Docker prefixed with its time. None for an empty line, which CloudWatch refuses."""
    stamp, _, message = line.decode(errors="replace").rstrip("\r\n").partition(" ")
    if not message:
        return None
    # Docker writes nanoseconds, Python parses microseconds.
    moment = datetime.fromisoformat(stamp[:26].rstrip("Z") + "+00:00")
    return {"timestamp": int(moment.timestamp() * 1000), "message": message}
