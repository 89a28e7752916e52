"""ECS tasks: they wait for the agent, have all their containers, and are listed as on AWS."""

from datetime import UTC, datetime
from typing import Any

from moto.ec2.models import ec2_backends
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ecs.exceptions import InvalidParameterException
from moto.ecs.models import Container, EC2ContainerServiceBackend, Task
from moto.moto_api import state_manager
from moto.moto_api._internal import mock_random

from embedded_cloud.api.moto_patches.replace import Method, replace_method, wrap_method


def apply(*, agents: bool) -> None:
    """Patch ECS tasks. Without agents they succeed at once."""
    # moto advances a task with every read; here only the agent does.
    state_manager.set_transition("ecs::task", {"progression": "manual", "times": 10**12})
    wrap_method(EC2ContainerServiceBackend, "stop_task", _stop_task, agents)
    wrap_method(EC2ContainerServiceBackend, "list_tasks", _list_tasks)
    replace_method(EC2ContainerServiceBackend, "_calculate_task_resource_requirements", lambda _: _no_requirements)
    # moto's task reads it even if the VPC has no DNS host names.
    NetworkInterface.private_dns_name = None
    wrap_method(Task, "__init__", _task_init, agents)


def _no_requirements(_backend: EC2ContainerServiceBackend, _task_definition: Any) -> dict[str, Any]:
    # They place tasks on instances, which Fargate has none of; moto fails if only the task has a memory limit.
    return {"CPU": 0, "MEMORY": 0, "PORTS": [], "PORTS_UDP": []}


def release_network_interface(backend: EC2ContainerServiceBackend, task: Task) -> None:
    """Delete the interface of a stopped task; otherwise its subnet and security groups cannot be deleted."""
    ec2 = ec2_backends[backend.account_id][backend.region_name]
    for attachment in task.attachments:
        for detail in attachment["details"]:
            if detail["name"] == "networkInterfaceId" and detail["value"] in ec2.enis:
                ec2.delete_network_interface(detail["value"])
        attachment["status"] = "DELETED"


def _stop_task(
    _original: Method,
    agents: bool,
    self: EC2ContainerServiceBackend,
    cluster_str: str,
    task_str: str,
    reason: str | None,
) -> Task:
    cluster = self._get_cluster(cluster_str)
    identifier = task_str.rsplit("/", maxsplit=1)[-1]
    for task in self.tasks.get(cluster.name, {}).values():
        if task.id == identifier:
            task.desired_status = "STOPPED"
            task.stopped_reason = reason or "Task stopped by user"
            task.stop_code = "UserInitiated"
            task.stopping_at = datetime.now(UTC)
            if not agents:
                task.last_status = "STOPPED"
            return task
    raise InvalidParameterException("The referenced task was not found.")


def _list_tasks(original: Method, self: EC2ContainerServiceBackend, *filters: str | None) -> list[Task]:
    # moto ignores the last two filters: name of the service, and desired status.
    service_name, desired_status = (*filters[4:6], None, None)[:2]
    tasks: list[Task] = original(self, *filters[:4])
    group = f"service:{service_name.rsplit('/', 1)[-1]}" if service_name else None
    return [
        task for task in tasks if task.desired_status == (desired_status or "RUNNING") and group in (None, task.group)
    ]


def _task_init(
    original: Method, agents: bool, self: Task, cluster: Any, task_definition: Any, *rest: Any, **named: Any
) -> None:
    original(self, cluster, task_definition, *rest, **named)
    self.containers = [_container(self, task_definition, part) for part in task_definition.container_definitions]
    self.cpu, self.memory = task_definition.cpu, task_definition.memory
    self.created_at = datetime.now(UTC)
    self.health_status = "UNKNOWN"
    self.platform_family = "Linux"
    self.last_status = "PROVISIONING"
    if not agents:
        _succeed(self)
        release_network_interface(self._backend, self)


def _container(task: Task, task_definition: Any, definition: dict[str, Any]) -> Container:
    container = Container(task_definition)
    # moto describes every container as the first one of its task, with exit code 0 from the start.
    del container.exitCode
    container.container_arn = task.task_arn.replace(":task/", ":container/") + f"/{mock_random.uuid4()}"
    container.task_arn = task.task_arn
    container.name = definition["name"]
    container.image = definition["image"]
    container.cpu = str(definition.get("cpu", 0))
    container.memory = str(definition["memory"]) if "memory" in definition else None
    container.environment = definition.get("environment")
    container.command = definition.get("command")
    container.health_status = "UNKNOWN"
    return container


def _succeed(task: Task) -> None:
    task.last_status = task.desired_status = "STOPPED"
    task.stopped_reason, task.stop_code = "Essential container in task exited", "EssentialContainerExited"
    task.started_at = task.stopped_at = datetime.now(UTC)
    for container in task.containers:
        container.last_status, container.exit_code = "STOPPED", 0
