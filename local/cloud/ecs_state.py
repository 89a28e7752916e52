"""Reading and writing moto's tasks. Callers hold the cloud's lock; nothing here waits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from local.cloud.ecs_order import States
from local.cloud.moto_patches.ecs_tasks import release_network_interface

STOPPED_TASK_AGE = timedelta(hours=1)
"""How long ECS still describes a stopped task."""
LEAVING = ("DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED")
"""States in which a task leaves or has left."""


@dataclass(frozen=True, kw_only=True)
class TaskView:
    """What an agent has to know of a task, copied so that no lock is held while Docker works."""

    record: Any
    """moto's own object, for writing back."""
    id: str
    arn: str
    group: str
    status: str
    desired_status: str
    stop_code: str
    definition: Any
    """moto's task definition: never changed once registered."""
    overrides: Mapping[str, Any]

    @property
    def service(self) -> str | None:
        """Name of the service it belongs to."""
        kind, _, name = self.group.partition(":")
        return name if kind == "service" else None

    @property
    def containers(self) -> list[dict[str, Any]]:
        """The task definition's containers."""
        return list(self.definition.container_definitions)

    def override(self, container: str) -> Mapping[str, Any]:
        """RunTask's override of a container."""
        overrides = self.overrides.get("containerOverrides") or ()
        return next((entry for entry in overrides if entry.get("name") == container), {})


def tasks(backend: Any) -> Iterator[TaskView]:
    """All tasks of all clusters."""
    for cluster_tasks in backend.tasks.values():
        for task in cluster_tasks.values():
            yield view(backend, task)


def view(backend: Any, task: Any) -> TaskView:
    """One task."""
    return TaskView(
        record=task,
        id=task.id,
        arn=task.task_arn,
        group=task.group,
        status=task.last_status,
        desired_status=task.desired_status,
        stop_code=getattr(task, "stop_code", ""),
        definition=backend.describe_task_definition(task.task_definition_arn),
        overrides=task.overrides,
    )


def forget_old(backend: Any) -> None:
    """Drop tasks that stopped longer ago than ECS remembers."""
    oldest = datetime.now(UTC) - STOPPED_TASK_AGE
    for cluster_tasks in backend.tasks.values():
        for arn, task in list(cluster_tasks.items()):
            if task.last_status == "STOPPED" and getattr(task, "stopped_at", oldest) < oldest:
                del cluster_tasks[arn]


def ask_to_stop(task: Any, reason: str, code: str) -> None:
    """Set the task's wish to STOPPED. The first reason stays."""
    if task.desired_status == "STOPPED":
        return
    task.desired_status = "STOPPED"
    task.stopped_reason, task.stop_code = reason, code
    task.stopping_at = datetime.now(UTC)


def set_status(task: Any, status: str) -> None:
    """Move a task on, with the times ECS notes."""
    task.last_status = status
    now = datetime.now(UTC)
    if status == "PENDING":
        task.pull_started_at = now
    elif status == "RUNNING":
        task.started_at, task.connectivity, task.connectivity_at = now, "CONNECTED", now
    elif status == "STOPPED":
        task.stopped_at = task.execution_stopped_at = now
        release_network_interface(task._backend, task)


def set_address(task: Any, address: str) -> None:
    """Note the address the task really has."""
    for attachment in task.attachments:
        for detail in attachment["details"]:
            if detail["name"] == "privateIPv4Address":
                detail["value"] = address
    for container in task.containers:
        container.network_interfaces = [
            {"attachmentId": a["id"], "privateIpv4Address": address} for a in task.attachments
        ]


def set_containers(task: Any, definitions: list[dict[str, Any]], states: States, reasons: Mapping[str, str]) -> bool:
    """Write the state of every container and of their health together. True when anything changed."""
    changed = False
    checked = {definition["name"] for definition in definitions if definition.get("healthCheck")}
    for container in task.containers:
        state = states.get(container.name)
        if state is None:
            continue
        last = {"created": "PENDING", "running": "RUNNING", "exited": "STOPPED"}[state.status]
        # A container that ended keeps the health it had, as on ECS.
        health = state.health if container.name in checked and last == "RUNNING" else container.health_status
        before = (container.last_status, container.health_status, getattr(container, "exit_code", None))
        container.last_status, container.health_status = last, health
        if state.exit_code is not None:
            container.exit_code = state.exit_code
        if container.name in reasons:
            container.reason = reasons[container.name]
        changed |= before != (last, health, getattr(container, "exit_code", None))
    task.health_status = _worst(
        [c.health_status for c in task.containers if c.name in checked and _is_essential(definitions, c.name)]
    )
    return changed


def _is_essential(definitions: list[dict[str, Any]], name: str) -> bool:
    return any(d["name"] == name and d.get("essential", True) for d in definitions)


def _worst(healths: list[str]) -> str:
    if "UNHEALTHY" in healths:
        return "UNHEALTHY"
    return "HEALTHY" if healths and set(healths) == {"HEALTHY"} else "UNKNOWN"
