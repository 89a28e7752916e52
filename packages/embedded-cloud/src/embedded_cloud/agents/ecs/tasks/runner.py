"""The life of one task on Docker: network, containers in order, health, stop in order, removal.

Every step looks at what exists, so a task continues where an earlier process left it.
"""

import contextlib
import logging
import time
from typing import Any

from docker.errors import APIError, NotFound

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.agents.ecs.services import events as service_events
from embedded_cloud.agents.ecs.tasks import records, targets
from embedded_cloud.agents.ecs.tasks.container_definition import stop_timeout
from embedded_cloud.agents.ecs.tasks.containers import (
    NO_CONTAINERS,
    ContainerState,
    DependencyError,
    TaskContainers,
    essential_has_exited,
    observe,
    ready_to_start,
    ready_to_stop,
    stop_reasons,
)
from embedded_cloud.agents.ecs.tasks.creator import TaskCreator, TaskInitializationError
from embedded_cloud.agents.ecs.tasks.execution_role import ExecutionRole
from embedded_cloud.agents.ecs.tasks.records import TaskView
from embedded_cloud.agents.log_shipping import LogShipper
from embedded_cloud.containers.docker_host import remove_container

logger = logging.getLogger(__name__)

ESSENTIAL_EXITED = "Essential container in task exited"
DRAIN_SLACK_SECONDS = 15.0
"""A task waits for its load balancer no longer than the deregistration delay plus this."""


class TaskRunner:
    """Advances tasks. Several threads may use it for different tasks."""

    def __init__(self, context: CloudContext, logs: LogShipper) -> None:
        self._context = context
        self._logs = logs
        self._creator = TaskCreator(context)
        self._terminated: dict[str, float] = {}
        self._deactivated: dict[str, float] = {}

    def advance(self, task: TaskView, containers: TaskContainers) -> None:
        """Take steps until the task has to wait. Raises what Docker raises; the next call tries again."""
        while self._step(task, containers):
            observed = observe(self._context.docker, task.id)
            containers = observed.get(task.id, NO_CONTAINERS)
            with self._context.lock:
                task = records.view(self._context.backend("ecs"), task.record)

    def _step(self, task: TaskView, containers: TaskContainers) -> bool:
        """Take one step. Return whether the next one may follow at once."""
        self._logs.follow(task, containers, ExecutionRole(self._context, task).may_write)
        if task.status == "STOPPED":
            self._clean_up(task, containers)
            return False
        if task.desired_status == "STOPPED":
            self._record_containers(task, containers)
            return self._stop(task, containers)
        if task.status == "PROVISIONING":
            return self._provision(task)
        if task.status == "PENDING":
            return self._start(task, containers)
        if task.status == "ACTIVATING":
            return self._activate(task)
        return self._watch(task, containers)

    def _provision(self, task: TaskView) -> bool:
        address = self._creator.provide_network(task)
        with self._context.lock:
            records.set_address(task.record, address)
            return self._set_status(task, "PENDING")

    def _start(self, task: TaskView, containers: TaskContainers) -> bool:
        try:
            return self._start_containers(task, containers)
        except TaskInitializationError as error:
            return self._fail(task, str(error), "TaskFailedToStart", error.container)
        except DependencyError as error:
            return self._fail(task, str(error), "TaskFailedToStart")

    def _start_containers(self, task: TaskView, containers: TaskContainers) -> bool:
        if not containers.pause:
            self._creator.provide_network(task)
            return False
        if len(containers.states) < len(task.containers):
            self._creator.create(task, containers)
            return True
        ready = ready_to_start(task.containers, containers.states)
        for name in ready:
            self._start_container(containers.ids[name], name)
        self._record_containers(task, containers)
        if essential_has_exited(task.containers, containers.states):
            return self._fail(task, ESSENTIAL_EXITED, "EssentialContainerExited")
        if all(state.was_started for state in containers.states.values()):
            return self._set_status(task, "ACTIVATING")
        return bool(ready)

    def _start_container(self, identifier: str, name: str) -> None:
        try:
            self._context.docker.client.api.start(identifier)
        except APIError as error:
            # A command that cannot be executed is an error of the task definition: trying again does not help.
            raise TaskInitializationError(
                f"CannotStartContainerError: container {name}: {error.explanation or error}", name
            ) from error

    def _activate(self, task: TaskView) -> bool:
        with self._context.lock:
            service = self._service(task)
            for arn in targets.register(self._context.backend("elbv2"), service, task.record):
                service_events.registered(service, arn)
            return self._set_status(task, "RUNNING")

    def _watch(self, task: TaskView, containers: TaskContainers) -> bool:
        missing = {d["name"]: ContainerState("exited") for d in task.containers if d["name"] not in containers.states}
        found = TaskContainers(ids=containers.ids, states={**containers.states, **missing}, pause=containers.pause)
        self._record_containers(task, found)
        if essential_has_exited(task.containers, found.states):
            return self._fail(task, ESSENTIAL_EXITED, "EssentialContainerExited")
        if containers.pause is None:
            return self._fail(task, "The task's network was removed", "TaskFailedToStart")
        return False

    def _stop(self, task: TaskView, containers: TaskContainers) -> bool:
        if task.status not in records.LEAVING:
            with self._context.lock:
                service = self._service(task)
                left = targets.deregister(self._context.backend("elbv2"), service, task.record)
                service_events.deregistered(service, left)
                return self._set_status(task, "DEACTIVATING")
        if task.status == "DEACTIVATING":
            drained = not containers.running or self._is_drained(task)
            return drained and self._set_status(task, "STOPPING")
        if containers.running:
            self._terminate(task, containers)
            return False
        self._clean_up(task, containers)
        self._set_status(task, "STOPPED")
        return False

    def _is_drained(self, task: TaskView) -> bool:
        since = self._deactivated.setdefault(task.id, time.monotonic())
        with self._context.lock:
            service = self._service(task)
            drained = targets.are_drained(self._context.backend("elbv2"), service, task.record)
            delay = targets.deregistration_delay(self._context.backend("elbv2"), service)
        longest = delay + DRAIN_SLACK_SECONDS
        return drained or time.monotonic() - since > longest

    def _terminate(self, task: TaskView, containers: TaskContainers) -> None:
        definitions = {definition["name"]: definition for definition in task.containers}
        api = self._context.docker.client.api
        for name in ready_to_stop(task.containers, containers.running):
            identifier = containers.ids[name]
            asked_at = self._terminated.get(identifier)
            with contextlib.suppress(NotFound, APIError):
                if asked_at is None:
                    self._terminated[identifier] = time.monotonic()
                    api.kill(identifier, signal=_stop_signal(api, identifier))
                elif time.monotonic() - asked_at > stop_timeout(definitions[name]):
                    api.kill(identifier, signal="SIGKILL")

    def _clean_up(self, task: TaskView, containers: TaskContainers) -> None:
        self._logs.finish(task.id)
        for identifier in containers.ids.values():
            self._terminated.pop(identifier, None)
            with contextlib.suppress(NotFound):
                remove_container(self._context.docker.client.containers.get(identifier))
        self._deactivated.pop(task.id, None)
        self._creator.remove_volumes(task)

    def _record_containers(self, task: TaskView, containers: TaskContainers) -> None:
        # moto's status is the one before this step: a container that ended at once was never recorded as running.
        ended = {container.name for container in task.record.containers if container.last_status != "STOPPED"}
        reasons = stop_reasons(self._context.docker, containers, ended)
        with self._context.lock:
            if records.set_containers(task.record, task.containers, containers.states, reasons):
                self._context.touch()

    def _fail(self, task: TaskView, reason: str, code: str, container: str = "") -> bool:
        with self._context.lock:
            for part in task.record.containers:
                if part.name == container:
                    part.reason = reason
            records.request_stop(task.record, reason, code)
            self._context.touch()
        return True

    def _set_status(self, task: TaskView, status: str) -> bool:
        with self._context.lock:
            records.set_status(task.record, status)
            self._context.touch()
        return True

    def _service(self, task: TaskView) -> Any:
        services = self._context.backend("ecs").services
        return services.get(f"{task.record.cluster_name}:{task.service}") if task.service else None


def _stop_signal(api: Any, identifier: str) -> str:
    return str(api.inspect_container(identifier)["Config"].get("StopSignal") or "SIGTERM")
