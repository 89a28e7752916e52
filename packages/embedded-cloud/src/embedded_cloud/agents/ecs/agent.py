"""The agent of ECS: moves services towards what they ask for, and runs every task of moto as containers."""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from docker.errors import NotFound

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.agents.ecs.services.scheduler import ServiceScheduler
from embedded_cloud.agents.ecs.tasks import records
from embedded_cloud.agents.ecs.tasks.containers import NO_CONTAINERS, TaskContainers, observe
from embedded_cloud.agents.ecs.tasks.runner import TaskRunner
from embedded_cloud.agents.log_shipping import LogShipper
from embedded_cloud.containers.docker_host import remove_container

logger = logging.getLogger(__name__)

TASKS_AT_ONCE = 4
"""Tasks that advance side by side, so that a slow pull does not hold up the others."""


class EcsAgent:
    name = "ecs"

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._scheduler = ServiceScheduler(context)
        self._runner = TaskRunner(context, LogShipper(context))
        self._pool = ThreadPoolExecutor(TASKS_AT_ONCE, thread_name_prefix="ecs-task")
        self._advancing: dict[str, Future[None]] = {}

    def reconcile(self) -> None:
        """Run one pass: schedule the services, then advance every task that is not advancing already."""
        problems = self._finished()
        # Docker's answer about a task that is advancing may be out of date by the time it is used.
        busy = set(self._advancing)
        observed = observe(self._context.docker)
        with self._context.lock:
            self._scheduler.reconcile()
            tasks = list(records.tasks(self._context.backend("ecs")))
        for task in tasks:
            containers = observed.pop(task.id, NO_CONTAINERS)
            if task.id not in busy and (task.status != "STOPPED" or containers.ids):
                self._advancing[task.id] = self._pool.submit(self._runner.advance, task, containers)
        self._remove_orphans(observed)
        if problems:
            raise RuntimeError("; ".join(problems))

    def close(self) -> None:
        """Wait for the tasks that are advancing and start no other; the next process continues from there."""
        self._pool.shutdown(cancel_futures=True)

    def _finished(self) -> list[str]:
        problems = []
        for identifier, future in list(self._advancing.items()):
            if future.done():
                del self._advancing[identifier]
                if (error := future.exception()) is not None:
                    problems.append(f"task {identifier}: {type(error).__name__}: {error}")
        return problems

    def _remove_orphans(self, observed: dict[str, TaskContainers]) -> None:
        """Remove the containers of tasks that moto does not know, e.g. of a deleted cluster."""
        for identifier, containers in observed.items():
            logger.info("ecs: removing containers of unknown task %s", identifier)
            for container in containers.ids.values():
                with suppress(NotFound):
                    remove_container(self._context.docker.client.containers.get(container))
