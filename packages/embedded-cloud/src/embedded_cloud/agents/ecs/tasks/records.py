"""Read and write moto's tasks. Callers hold the cloud's lock."""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.ec2.models import ec2_backends

from embedded_cloud.agents.ecs.tasks.containers import States
from embedded_cloud.api.moto_patches.ecs_tasks import release_network_interface

STOPPED_TASK_AGE = timedelta(hours=1)
"""How long ECS describes a stopped task."""
LEAVING = ("DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED")
"""States of a task that is stopping or has stopped."""


@dataclass(frozen=True, kw_only=True)
class TaskView:
    """A task as the agent needs it, copied so that the lock is not held while Docker works."""

    record: Any
    """moto's object, for writing."""
    id: str
    arn: str
    group: str
    status: str
    desired_status: str
    stop_code: str
    definition: Any
    """moto's task definition, which never changes."""
    overrides: Mapping[str, Any]

    @property
    def service(self) -> str | None:
        """Name of the task's service, if it has one."""
        kind, _, name = self.group.partition(":")
        return name if kind == "service" else None

    @property
    def containers(self) -> list[dict[str, Any]]:
        return list(self.definition.container_definitions)

    def override(self, container: str) -> Mapping[str, Any]:
        overrides = self.overrides.get("containerOverrides") or ()
        return next((entry for entry in overrides if entry.get("name") == container), {})


def tasks(backend: Any) -> Iterator[TaskView]:
    for cluster_tasks in backend.tasks.values():
        for task in cluster_tasks.values():
            yield view(backend, task)


def view(backend: Any, task: Any) -> TaskView:
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


def delete_expired(backend: Any) -> None:
    """Delete the tasks that stopped longer ago than ECS describes them."""
    oldest = datetime.now(UTC) - STOPPED_TASK_AGE
    for cluster_tasks in backend.tasks.values():
        for arn, task in list(cluster_tasks.items()):
            if task.last_status == "STOPPED" and getattr(task, "stopped_at", oldest) < oldest:
                del cluster_tasks[arn]


def request_stop(task: Any, reason: str, code: str) -> None:
    """Set the desired status to STOPPED. The first reason is kept."""
    if task.desired_status == "STOPPED":
        return
    task.desired_status = "STOPPED"
    task.stopped_reason, task.stop_code = reason, code
    task.stopping_at = datetime.now(UTC)


def set_status(task: Any, status: str) -> None:
    """Set the last status and the timestamps that belong to it."""
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
    """Record the IP address that Docker gave the task."""
    interfaces = ec2_backends[task._account_id][task.region_name].enis
    for attachment in task.attachments:
        for detail in attachment["details"]:
            if detail["name"] == "privateIPv4Address":
                detail["value"] = address
            if detail["name"] == "networkInterfaceId" and detail["value"] in interfaces:
                interfaces[detail["value"]].private_ip_address = address
                interfaces[detail["value"]].private_ip_addresses = [{"Primary": True, "PrivateIpAddress": address}]
    for container in task.containers:
        container.network_interfaces = [
            {"attachmentId": a["id"], "privateIpv4Address": address} for a in task.attachments
        ]


def set_containers(task: Any, definitions: list[dict[str, Any]], states: States, reasons: Mapping[str, str]) -> bool:
    """Record the containers' states and the task's health. Return whether anything changed."""
    changed = False
    checked = {definition["name"] for definition in definitions if definition.get("healthCheck")}
    for container in task.containers:
        state = states.get(container.name)
        if state is None:
            continue
        last = {"created": "PENDING", "running": "RUNNING", "exited": "STOPPED"}[state.status]
        # A stopped container keeps its last health, as on ECS.
        health = state.health if container.name in checked and last == "RUNNING" else container.health_status
        before = (container.last_status, container.health_status, getattr(container, "exit_code", None))
        container.last_status, container.health_status = last, health
        if last != "PENDING" and not hasattr(container, "runtime_id"):
            container.runtime_id = f"{task.id}-{zlib.crc32(container.container_arn.encode())}"
        if getattr(task, "enable_execute_command", False):
            container.managed_agents = [{"name": "ExecuteCommandAgent", "lastStatus": last}]
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
