"""The agent of ECS: tasks that moto holds run as containers, and services keep what is asked of them."""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from docker.errors import NotFound

from local.cloud import ecs_state
from local.cloud.containers import remove_container
from local.cloud.context import CloudContext
from local.cloud.ecs_containers import NOTHING, TaskContainers, observe
from local.cloud.ecs_service import ServiceScheduler
from local.cloud.ecs_task import TaskRunner
from local.cloud.log_shipping import LogShipper

logger = logging.getLogger("preqly.cloud")

TASKS_AT_ONCE = 4
"""Steps that run side by side: one slow pull must not hold up the others."""


class EcsAgent:
    """Makes tasks and services true on Docker."""

    name = "ecs"

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._scheduler = ServiceScheduler(context)
        self._runner = TaskRunner(context, LogShipper(context))
        self._pool = ThreadPoolExecutor(TASKS_AT_ONCE, thread_name_prefix="ecs-task")
        self._steps: dict[str, Future[None]] = {}

    def reconcile(self) -> None:
        """One pass: services decide, then every task that is not in the middle of a step takes the next one."""
        problems = self._finished_steps()
        # What Docker says of a task whose step still runs may be out of date when it has ended.
        busy = set(self._steps)
        observed = observe(self._context.docker, self._context.config)
        with self._context.lock:
            self._scheduler.reconcile()
            tasks = list(ecs_state.tasks(self._context.backend("ecs")))
        for task in tasks:
            containers = observed.pop(task.id, NOTHING)
            if task.id not in busy and (task.status != "STOPPED" or containers.ids):
                self._steps[task.id] = self._pool.submit(self._runner.step, task, containers)
        self._remove_unknown(observed)
        if problems:
            raise RuntimeError("; ".join(problems))

    def close(self) -> None:
        """Begin no further step and wait for those that run: the next process goes on from what they have reached."""
        self._pool.shutdown(cancel_futures=True)

    def _finished_steps(self) -> list[str]:
        problems = []
        for identifier, step in list(self._steps.items()):
            if step.done():
                del self._steps[identifier]
                if (error := step.exception()) is not None:
                    problems.append(f"task {identifier}: {type(error).__name__}: {error}")
        return problems

    def _remove_unknown(self, observed: dict[str, TaskContainers]) -> None:
        """Containers of tasks that moto does not know: their cluster is gone, or the state is older than they are."""
        for identifier, containers in observed.items():
            logger.info("ecs: removing containers of unknown task %s", identifier)
            for container in containers.ids.values():
                with suppress(NotFound):
                    remove_container(self._context.docker.client.containers.get(container))
