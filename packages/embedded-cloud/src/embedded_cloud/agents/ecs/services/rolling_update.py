"""The rolling update: how many tasks a service starts next, and which it stops. Pure.

Rules: docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class TaskState:
    """One task with the desired status RUNNING."""

    id: str
    deployment: str
    healthy: bool
    """It runs, and all health checks of its containers and target groups pass."""
    age: float = 0.0
    """Seconds since it was created."""
    to_replace: bool = False
    """It was healthy before and is not any more: a replacement starts first, as far as the maximum allows."""


@dataclass(frozen=True, kw_only=True)
class ServiceState:
    """What the plan depends on."""

    desired: int
    primary: str
    """Id of the PRIMARY deployment."""
    tasks: Sequence[TaskState] = ()
    minimum_percent: int = 100
    maximum_percent: int = 200
    may_start: bool = True
    """False while the primary deployment backs off after failures, or has failed."""
    primary_failed: bool = False


@dataclass(frozen=True)
class Plan:
    """The next step. Nothing to start and nothing to stop means that nothing is due."""

    start: int = 0
    stop: Sequence[str] = field(default_factory=tuple)


def plan(service: ServiceState) -> Plan:
    """Start missing tasks within the maximum percentage, and stop surplus tasks within the minimum percentage."""
    mine = [task for task in service.tasks if task.deployment == service.primary]
    old = [task for task in service.tasks if task.deployment != service.primary]
    upper = max(math.floor(service.desired * service.maximum_percent / 100), 1)
    lasting = [task for task in mine if not task.to_replace]
    missing = service.desired - len(lasting)
    room = upper - len(service.tasks)
    blocked = missing > 0 and room <= 0
    start = max(min(missing, room), 0) if service.may_start else 0
    # A failed deployment replaces no task of an earlier one.
    surplus = _least_useful_first(lasting)[: max(-missing, 0)]
    stop = [*(task.id for task in surplus), *_replaced(service, blocked=blocked)]
    if not service.primary_failed:
        stop += _old_to_stop(service, mine, old, blocked=blocked)
    return Plan(start, tuple(stop))


def _replaced(service: ServiceState, *, blocked: bool) -> list[str]:
    """Return the unhealthy tasks to stop: all once enough are healthy, one at a time when there is no room.

    docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_services.html
    """
    unhealthy = [task.id for task in service.tasks if task.to_replace]
    if sum(task.healthy for task in service.tasks) >= service.desired:
        return unhealthy
    return unhealthy[:1] if blocked else []


def _old_to_stop(
    service: ServiceState, mine: Sequence[TaskState], old: Sequence[TaskState], *, blocked: bool
) -> list[str]:
    """Return the tasks of earlier deployments to stop: unhealthy ones at once, others as new tasks replace them."""
    lower = math.ceil(service.desired * service.minimum_percent / 100)
    healthy = [task for task in old if task.healthy]
    # The service shrinks below the desired count only when the maximum leaves no room for a new task.
    keep = lower if blocked else max(lower, service.desired)
    spare = sum(task.healthy for task in mine) + len(healthy) - keep
    leaving = _least_useful_first(healthy)[: max(spare, 0)]
    broken = [task.id for task in old if not task.healthy and not task.to_replace]
    return broken + [task.id for task in leaving]


def _least_useful_first(tasks: Sequence[TaskState]) -> list[TaskState]:
    return sorted(tasks, key=lambda task: (task.healthy, -task.age))
