"""How many tasks Fargate has room for: as many as anyone asks for, unless a file beside the state says fewer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse

from local.cloud.moto_patches.replace import replace_method

FILE = "fargate-capacity"
"""In the cloud's state folder: a number of tasks. Read anew each time, so that a test may write and remove it."""

UNAVAILABLE = "Capacity is unavailable at this time. Please try again later or in a different availability zone"


class Capacity:
    """The room for further tasks. Callers hold the cloud's lock."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def allows(self, backend: EC2ContainerServiceBackend, count: int) -> int:
        """How many of `count` further tasks there is room for. Raises ValueError for a file without a number."""
        try:
            text = self._file.read_text().strip()
        except FileNotFoundError:
            return count
        if not text.isdigit():
            raise ValueError(
                f"{self._file} must hold the number of tasks there is room for, not {text!r}; or remove it"
            )
        living: int = sum(task.last_status != "STOPPED" for tasks in backend.tasks.values() for task in tasks.values())
        return min(count, max(int(text) - living, 0))


def apply(capacity: Capacity) -> None:
    """Let RunTask answer a failure when there is no room for its tasks. Idempotent."""
    replace_method(EC2ContainerServiceResponse, "run_task", lambda original: _run_task(original, capacity))


def _run_task(original: Callable[..., Any], capacity: Capacity) -> Callable[..., Any]:
    def run_task(self: EC2ContainerServiceResponse) -> Any:
        count = self._get_int_param("count", 1)
        if capacity.allows(self.ecs_backend, count) < count:
            return ActionResult({"tasks": [], "failures": [{"reason": UNAVAILABLE}]})
        return original(self)

    return run_task
