"""One task's life on Docker, a step at a time: network, containers in order, watch, stop in order, clean up.

Every step looks at what is there, so a task goes on where an earlier process left it.
"""

import contextlib
import logging
import time
from typing import Any

from docker.errors import APIError, NotFound

from local.cloud import ecs_events, ecs_state, ecs_targets
from local.cloud.containers import remove_container
from local.cloud.context import CloudContext
from local.cloud.ecs_containers import TaskContainers, reasons_of_end
from local.cloud.ecs_create import TaskCreator, TaskInitializationError
from local.cloud.ecs_order import ContainerState, DependencyError, has_ended_essential, ready_to_start, ready_to_stop
from local.cloud.ecs_render import stop_timeout
from local.cloud.ecs_state import TaskView
from local.cloud.log_shipping import LogShipper

logger = logging.getLogger("preqly.cloud")

ESSENTIAL_EXITED = "Essential container in task exited"
DRAIN_SLACK_SECONDS = 15.0
"""A load balancer that never says it is done holds a task no longer than its delay and this."""


class TaskRunner:
    """Moves tasks on. Safe to use from several threads for different tasks."""

    def __init__(self, context: CloudContext, logs: LogShipper) -> None:
        self._context = context
        self._logs = logs
        self._creator = TaskCreator(context)
        self._terminated: dict[str, float] = {}
        self._deactivated: dict[str, float] = {}

    def step(self, task: TaskView, containers: TaskContainers) -> None:
        """One step of one task. Raises what Docker raises; the next step tries again."""
        self._logs.follow(task, containers)
        if task.status == "STOPPED":
            self._clean_up(task, containers)
        elif task.desired_status == "STOPPED":
            self._note_containers(task, containers)
            self._stop(task, containers)
        elif task.status == "PROVISIONING":
            self._provision(task)
        elif task.status == "PENDING":
            self._start(task, containers)
        elif task.status == "ACTIVATING":
            self._activate(task)
        else:
            self._watch(task, containers)

    def _provision(self, task: TaskView) -> None:
        address = self._creator.provide_network(task)
        with self._context.lock:
            ecs_state.set_address(task.record, address)
            self._set_status(task, "PENDING")

    def _start(self, task: TaskView, containers: TaskContainers) -> None:
        try:
            if not containers.pause:
                self._creator.provide_network(task)
                return
            if len(containers.states) < len(task.containers):
                self._creator.create(task, containers)
                return
            ready = ready_to_start(task.containers, containers.states)
            for name in ready:
                self._start_container(containers.ids[name], name)
        except TaskInitializationError as error:
            self._fail(task, str(error), "TaskFailedToStart", error.container)
            return
        except DependencyError as error:
            self._fail(task, str(error), "TaskFailedToStart")
            return
        self._note_containers(task, containers)
        if has_ended_essential(task.containers, containers.states):
            self._fail(task, ESSENTIAL_EXITED, "EssentialContainerExited")
        elif all(state.was_started for state in containers.states.values()):
            with self._context.lock:
                self._set_status(task, "ACTIVATING")

    def _start_container(self, identifier: str, name: str) -> None:
        try:
            self._context.docker.client.api.start(identifier)
        except APIError as error:
            # What cannot be executed is the definition's fault and does not get better.
            raise TaskInitializationError(
                f"CannotStartContainerError: container {name}: {error.explanation or error}", name
            ) from error

    def _activate(self, task: TaskView) -> None:
        with self._context.lock:
            service = self._service(task)
            for arn in ecs_targets.register(self._context.backend("elbv2"), service, task.record):
                ecs_events.registered(service, arn)
            self._set_status(task, "RUNNING")

    def _watch(self, task: TaskView, containers: TaskContainers) -> None:
        missing = {d["name"]: ContainerState("exited") for d in task.containers if d["name"] not in containers.states}
        found = TaskContainers(
            ids=containers.ids,
            states={**containers.states, **missing},
            pause=containers.pause,
            address=containers.address,
        )
        self._note_containers(task, found)
        if has_ended_essential(task.containers, found.states):
            self._fail(task, ESSENTIAL_EXITED, "EssentialContainerExited")
        elif containers.pause is None:
            self._fail(task, "The task's network was removed", "TaskFailedToStart")

    def _stop(self, task: TaskView, containers: TaskContainers) -> None:
        if task.status not in ecs_state.LEAVING:
            with self._context.lock:
                service = self._service(task)
                left = ecs_targets.deregister(self._context.backend("elbv2"), service, task.record)
                ecs_events.deregistered(service, left)
                self._set_status(task, "DEACTIVATING")
        elif task.status == "DEACTIVATING":
            if not containers.running or self._has_left(task):
                self._set_status(task, "STOPPING")
        elif containers.running:
            self._terminate(task, containers)
        else:
            self._clean_up(task, containers)
            self._set_status(task, "STOPPED")

    def _has_left(self, task: TaskView) -> bool:
        since = self._deactivated.setdefault(task.id, time.monotonic())
        with self._context.lock:
            service = self._service(task)
            left = ecs_targets.has_left(self._context.backend("elbv2"), service, task.record)
            delay = ecs_targets.deregistration_delay(self._context.backend("elbv2"), service)
        return left or time.monotonic() - since > delay + DRAIN_SLACK_SECONDS

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

    def _note_containers(self, task: TaskView, containers: TaskContainers) -> None:
        # One that ends at once was never seen running.
        new = {container.name for container in task.record.containers if container.last_status != "STOPPED"}
        reasons = reasons_of_end(self._context.docker, containers, new)
        with self._context.lock:
            if ecs_state.set_containers(task.record, task.containers, containers.states, reasons):
                self._context.touch()

    def _fail(self, task: TaskView, reason: str, code: str, container: str = "") -> None:
        with self._context.lock:
            for part in task.record.containers:
                if part.name == container:
                    part.reason = reason
            ecs_state.ask_to_stop(task.record, reason, code)
            self._context.touch()

    def _set_status(self, task: TaskView, status: str) -> None:
        with self._context.lock:
            ecs_state.set_status(task.record, status)
            self._context.touch()

    def _service(self, task: TaskView) -> Any:
        services = self._context.backend("ecs").services
        return services.get(f"{task.record.cluster_name}:{task.service}") if task.service else None


def _stop_signal(api: Any, identifier: str) -> str:
    return str(api.inspect_container(identifier)["Config"].get("StopSignal") or "SIGTERM")
