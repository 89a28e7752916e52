"""What a service's scheduler does next: how many tasks to start, which to stop, whether a deployment failed. Pure.

Rules: docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html and deployment-circuit-breaker.html.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

BREAKER_LEAST, BREAKER_MOST = 3, 200
"""Bounds of the failures in a row that fail a deployment: half its tasks, at least 3, at most 200."""
BACKOFF_FIRST_SECONDS, BACKOFF_MOST_SECONDS = 1.0, 60.0
"""Wait before the next start after failures in a row; ECS's own grows to 15 minutes, for nobody's benefit here."""


@dataclass(frozen=True, kw_only=True)
class TaskState:
    """One task that is wanted to run."""

    id: str
    deployment: str
    healthy: bool
    """Runs, and every health check of its containers and load balancers passes."""
    age: float = 0.0
    """Seconds since it was created."""


@dataclass(frozen=True, kw_only=True)
class ServiceState:
    """A service as the scheduler sees it."""

    desired: int
    primary: str
    """Id of the PRIMARY deployment."""
    tasks: Sequence[TaskState] = ()
    minimum_percent: int = 100
    maximum_percent: int = 200
    may_start: bool = True
    """False while the primary deployment waits after failures, or has failed for good."""
    primary_failed: bool = False


@dataclass(frozen=True)
class Plan:
    """One step. Nothing to start and nothing to stop means nothing is due now."""

    start: int = 0
    stop: Sequence[str] = field(default_factory=tuple)


def plan(service: ServiceState) -> Plan:
    """Start what is missing as far as the maximum allows; stop what is too much as far as the minimum allows."""
    mine = [task for task in service.tasks if task.deployment == service.primary]
    old = [task for task in service.tasks if task.deployment != service.primary]
    upper = max(math.floor(service.desired * service.maximum_percent / 100), 1)
    missing = service.desired - len(mine)
    room = upper - len(service.tasks)
    start = max(min(missing, room), 0) if service.may_start else 0
    # A release that failed for good takes nobody else's place.
    surplus = _least_useful_first(mine)[: max(-missing, 0)]
    stop = [task.id for task in surplus]
    if not service.primary_failed:
        stop += _old_to_stop(service, mine, old, blocked=missing > 0 and room <= 0)
    return Plan(start, tuple(stop))


def _old_to_stop(
    service: ServiceState, mine: Sequence[TaskState], old: Sequence[TaskState], *, blocked: bool
) -> list[str]:
    """Tasks of earlier deployments: those that are not healthy at once, the others as the new ones replace them."""
    lower = math.ceil(service.desired * service.minimum_percent / 100)
    healthy = [task for task in old if task.healthy]
    # Only when the maximum leaves no room for a new task may the service shrink below what is desired.
    keep = lower if blocked else max(lower, service.desired)
    spare = sum(task.healthy for task in mine) + len(healthy) - keep
    leaving = _least_useful_first(healthy)[: max(spare, 0)]
    return [task.id for task in old if not task.healthy] + [task.id for task in leaving]


def _least_useful_first(tasks: Sequence[TaskState]) -> list[TaskState]:
    return sorted(tasks, key=lambda task: (task.healthy, -task.age))


def breaker_threshold(desired: int) -> int:
    """Failures in a row after which the deployment circuit breaker fails a deployment of that many tasks."""
    return min(max(math.ceil(desired / 2), BREAKER_LEAST), BREAKER_MOST)


def backoff_seconds(failures: int) -> float:
    """How long to wait after that many failures in a row before a task is started again."""
    if failures <= 0:
        return 0.0
    return float(min(BACKOFF_FIRST_SECONDS * 2 ** (min(failures, 10) - 1), BACKOFF_MOST_SECONDS))
