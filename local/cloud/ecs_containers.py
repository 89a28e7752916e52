"""What Docker says about the containers of the cloud's tasks, in one question for all of them."""

import re
import time
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.cloud.config import LABEL, CloudConfig
from local.cloud.containers import ROLE_LABEL, DockerHost
from local.cloud.ecs_order import ContainerState

ROLE = "task"
TASK_LABEL = "preqly.task"
"""The task's id."""
CONTAINER_LABEL = "preqly.container"
"""The container's name in its task definition; PAUSE for the one that holds the network."""
PAUSE = "~pause"
"""No name of a task definition can be this."""
KILLED = 137
"""Exit code of what SIGKILL ended, as the kernel does when memory is out."""
OOM_WORD_SECONDS = 0.5
"""How long the kernel's word may be on its way."""

_EXITED = re.compile(r"Exited \((\d+)\)")
_HEALTH = {"(healthy)": "HEALTHY", "(unhealthy)": "UNHEALTHY"}


@dataclass(frozen=True)
class TaskContainers:
    """The containers of one task that exist on Docker."""

    ids: Mapping[str, str] = field(default_factory=dict)
    """Docker's id by name in the task definition."""
    states: Mapping[str, ContainerState] = field(default_factory=dict)
    """Without the one that holds the network."""
    pause: str | None = None
    """Id of the container that holds the network, if it runs."""
    address: str | None = None
    """The task's IP address."""

    @property
    def running(self) -> list[str]:
        """Names of the containers that run, without the one that holds the network."""
        return [name for name, state in self.states.items() if state.status == "running"]


NOTHING = TaskContainers()


def observe(docker: DockerHost, config: CloudConfig) -> dict[str, TaskContainers]:
    """All containers of tasks, by task id."""
    labels = [f"{LABEL}={config.name}", f"{ROLE_LABEL}={ROLE}"]
    return group(docker.client.api.containers(all=True, filters={"label": labels}), config.network_name)


def reasons_of_end(docker: DockerHost, containers: TaskContainers, new: Container[str]) -> dict[str, str]:
    """Why containers ended whose end is `new`, where Docker knows more than the exit code."""
    reasons = {}
    for name, found in containers.states.items():
        killed = found.exit_code == KILLED and name in new and name in containers.ids
        if killed and _ran_out_of_memory(docker, containers.ids[name]):
            reasons[name] = "OutOfMemoryError: Container killed due to memory usage"
    return reasons


def _ran_out_of_memory(docker: DockerHost, container: str) -> bool:
    """Docker's own mark is missing when the kernel's word of it came after the end; then it is among the events."""
    state = docker.client.api.inspect_container(container)["State"]
    if state.get("OOMKilled"):
        return True
    filters = {"container": container, "event": "oom"}
    now = time.time()
    return any(docker.client.api.events(since=0, until=now + OOM_WORD_SECONDS, filters=filters, decode=True))


def group(summaries: Sequence[Mapping[str, Any]], network: str) -> dict[str, TaskContainers]:
    """Docker's list of containers, by task id."""
    tasks: dict[str, list[Mapping[str, Any]]] = {}
    for summary in summaries:
        tasks.setdefault(summary["Labels"][TASK_LABEL], []).append(summary)
    return {task: _task(members, network) for task, members in tasks.items()}


def _task(summaries: Sequence[Mapping[str, Any]], network: str) -> TaskContainers:
    ids = {summary["Labels"][CONTAINER_LABEL]: summary["Id"] for summary in summaries}
    states = {summary["Labels"][CONTAINER_LABEL]: state(summary) for summary in summaries}
    holder = states.pop(PAUSE, None)
    address = None
    for summary in summaries:
        if summary["Labels"][CONTAINER_LABEL] == PAUSE:
            networks = (summary.get("NetworkSettings") or {}).get("Networks") or {}
            address = networks.get(network, {}).get("IPAddress") or None
    runs = holder is not None and holder.status == "running"
    return TaskContainers(ids=ids, states=states, pause=ids[PAUSE] if runs else None, address=address)


def state(summary: Mapping[str, Any]) -> ContainerState:
    """State of one entry of Docker's list, whose `Status` is a sentence such as `Up 3 seconds (healthy)`."""
    sentence = summary.get("Status", "")
    kind = summary["State"]
    if kind in ("exited", "dead", "removing"):
        ended = _EXITED.match(sentence)
        return ContainerState("exited", int(ended.group(1)) if ended else None)
    if kind == "created":
        return ContainerState("created")
    health = next((word for mark, word in _HEALTH.items() if sentence.endswith(mark)), "UNKNOWN")
    return ContainerState("running", health=health)
