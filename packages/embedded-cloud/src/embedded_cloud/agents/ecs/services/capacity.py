"""Limits on the number of tasks: a service's scalable target, and the room on Fargate."""

from pathlib import Path
from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse

from embedded_cloud.api.moto_patches.replace import Method, wrap_method

DIMENSION = "ecs:service:DesiredCount"
FILE = "fargate-capacity"
"""File in the cloud's state folder: how many tasks Fargate has room for. Without it there is always room. It is read
every time, so that a test can write and remove it."""

UNAVAILABLE = "Capacity is unavailable at this time. Please try again later or in a different availability zone"


def bound_desired_count(autoscaling: Any, service: Any) -> bool:
    """Bring the desired count into the bounds of the service's scalable target. Return whether it changed.

    Hold the cloud's lock. A count within the bounds stays: policies are the agent's in agents/autoscaling.
    """
    targets = autoscaling.targets.get(DIMENSION, {})
    target = targets.get(f"service/{service.cluster_name}/{service.name}")
    # A count of zero means that the service is being taken down.
    if target is None or service.desired_count == 0:
        return False
    bounded = min(max(service.desired_count, int(target.min_capacity)), int(target.max_capacity))
    if bounded == service.desired_count:
        return False
    service.desired_count = bounded
    return True


class Capacity:
    """Room on Fargate for further tasks. Callers hold the cloud's lock."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def allows(self, backend: EC2ContainerServiceBackend, count: int) -> int:
        """Return how many of `count` further tasks fit. Raises ValueError when the file holds no number."""
        try:
            text = self._file.read_text().strip()
        except FileNotFoundError:
            return count
        if not text.isdigit():
            raise ValueError(f"{self._file} must hold a number of tasks, not {text!r}; correct or remove the file")
        living: int = sum(task.last_status != "STOPPED" for tasks in backend.tasks.values() for task in tasks.values())
        return min(count, max(int(text) - living, 0))


def apply(capacity: Capacity) -> None:
    """Make RunTask answer a failure when its tasks do not fit. Idempotent."""
    wrap_method(EC2ContainerServiceResponse, "run_task", _run_task, capacity)


def _run_task(original: Method, capacity: Capacity, self: EC2ContainerServiceResponse) -> Any:
    count = self._get_int_param("count", 1)
    if capacity.allows(self.ecs_backend, count) < count:
        return ActionResult({"tasks": [], "failures": [{"reason": UNAVAILABLE}]})
    return original(self)
