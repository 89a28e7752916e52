"""The containers of a task: their states on Docker, and their start and stop order from `dependsOn`."""

import re
import time
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from embedded_cloud.containers.docker_host import DockerHost

Definitions = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class ContainerState:
    """State of one container of a task, read from Docker."""

    status: str
    """created, running or exited."""
    exit_code: int | None = None
    health: str = "UNKNOWN"
    """ECS's value: HEALTHY, UNHEALTHY or UNKNOWN."""

    @property
    def was_started(self) -> bool:
        return self.status != "created"


States = Mapping[str, ContainerState]


class DependencyError(Exception):
    """A dependency cannot be met, so the task cannot start. The message is the task's stop reason."""


def ready_to_start(definitions: Definitions, states: States) -> list[str]:
    """Return the containers that may start now, in the order of the definition. Raises DependencyError."""
    return [
        definition["name"]
        for definition in definitions
        if definition["name"] in states
        and not states[definition["name"]].was_started
        and all(_is_met(definition["name"], dependency, states) for dependency in definition.get("dependsOn") or ())
    ]


def ready_to_stop(definitions: Definitions, running: Iterable[str]) -> list[str]:
    """Return the running containers that no other running container depends on; they stop first."""
    still = set(running)
    needed = {
        dependency["containerName"]
        for definition in definitions
        if definition["name"] in still
        for dependency in definition.get("dependsOn") or ()
    }
    return sorted(still - needed)


def essential_has_exited(definitions: Definitions, states: States) -> bool:
    """Return whether a container has exited without which the task must stop."""
    return any(
        states[definition["name"]].status == "exited"
        for definition in definitions
        if definition.get("essential", True) and definition["name"] in states
    )


def _is_met(name: str, dependency: Mapping[str, str], states: States) -> bool:
    other, condition = dependency["containerName"], dependency["condition"]
    state = states.get(other)
    if state is None or not state.was_started:
        return False
    ended = state.status == "exited"
    if condition == "HEALTHY":
        if ended or state.health == "UNHEALTHY":
            raise DependencyError(f"container {name} was not started: its dependency {other} did not become healthy")
        return state.health == "HEALTHY"
    if condition == "SUCCESS":
        if ended and state.exit_code != 0:
            raise DependencyError(
                f"container {name} was not started: its dependency {other} ended with exit code {state.exit_code}"
            )
        return ended
    return ended if condition == "COMPLETE" else True


ROLE = "task"
TASK_LABEL = "embedded-cloud.task"
"""Label with the task's id."""
CONTAINER_LABEL = "embedded-cloud.container"
"""Label with the container's name in its task definition, or PAUSE for the container that holds the network."""
PAUSE = "~pause"
"""A name that no task definition can use."""
KILLED = 137
"""Exit code after SIGKILL, which the kernel also sends when memory runs out."""
OOM_EVENT_SECONDS = 0.5
"""How long to wait for the kernel's out-of-memory event, which may arrive after the container has stopped."""

_EXITED = re.compile(r"Exited \((\d+)\)")
_HEALTH = {"(healthy)": "HEALTHY", "(unhealthy)": "UNHEALTHY"}


@dataclass(frozen=True)
class TaskContainers:
    """The containers of one task that exist on Docker."""

    ids: Mapping[str, str] = field(default_factory=dict)
    """Docker's id by name in the task definition."""
    states: Mapping[str, ContainerState] = field(default_factory=dict)
    """By name, without the container that holds the network."""
    pause: str | None = None
    """Id of the container that holds the network, if it is running."""

    @property
    def running(self) -> list[str]:
        """Names of the running containers, without the one that holds the network."""
        return [name for name, state in self.states.items() if state.status == "running"]


NO_CONTAINERS = TaskContainers()


def observe(docker: DockerHost, task: str = "") -> dict[str, TaskContainers]:
    """Return the containers by task id: of all tasks of the cloud, or of the task named."""
    return group_by_task(docker.summaries(ROLE, {TASK_LABEL: task} if task else None))


def stop_reasons(docker: DockerHost, containers: TaskContainers, ended: Container[str]) -> dict[str, str]:
    """Return the reasons that Docker knows beyond an exit code, by name, for the containers in `ended`."""
    reasons = {}
    for name, found in containers.states.items():
        killed = found.exit_code == KILLED and name in ended and name in containers.ids
        if killed and _ran_out_of_memory(docker, containers.ids[name]):
            reasons[name] = "OutOfMemoryError: Container killed due to memory usage"
    return reasons


def _ran_out_of_memory(docker: DockerHost, container: str) -> bool:
    # Docker does not set OOMKilled when the kernel's event arrives after the container's end; it lists the event.
    state = docker.client.api.inspect_container(container)["State"]
    if state.get("OOMKilled"):
        return True
    filters = {"container": container, "event": "oom"}
    now = time.time()
    return any(docker.client.api.events(since=0, until=now + OOM_EVENT_SECONDS, filters=filters, decode=True))


def group_by_task(summaries: Sequence[Mapping[str, Any]]) -> dict[str, TaskContainers]:
    tasks: dict[str, list[Mapping[str, Any]]] = {}
    for summary in summaries:
        tasks.setdefault(summary["Labels"][TASK_LABEL], []).append(summary)
    return {task: _task(members) for task, members in tasks.items()}


def _task(summaries: Sequence[Mapping[str, Any]]) -> TaskContainers:
    ids = {summary["Labels"][CONTAINER_LABEL]: summary["Id"] for summary in summaries}
    states = {summary["Labels"][CONTAINER_LABEL]: read_state(summary) for summary in summaries}
    pause = states.pop(PAUSE, None)
    runs = pause is not None and pause.status == "running"
    return TaskContainers(ids=ids, states=states, pause=ids[PAUSE] if runs else None)


def read_state(summary: Mapping[str, Any]) -> ContainerState:
    """Read the state of one entry of Docker's list, with a `Status` such as `Up 3 seconds (healthy)`."""
    text = summary.get("Status", "")
    kind = summary["State"]
    if kind in ("exited", "dead", "removing"):
        ended = _EXITED.match(text)
        return ContainerState("exited", int(ended.group(1)) if ended else None)
    if kind == "created":
        return ContainerState("created")
    health = next((value for mark, value in _HEALTH.items() if text.endswith(mark)), "UNKNOWN")
    return ContainerState("running", health=health)
