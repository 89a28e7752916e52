"""Commands of Systems Manager wait until an instance has carried them out."""

from collections.abc import Callable
from typing import Any

from moto.ssm.models import Command

from local.cloud.moto_patches.replace import replace_method


def apply() -> None:
    """Patch moto's commands, which have succeeded before anyone looks at them. Idempotent."""
    replace_method(Command, "__init__", _waiting)


def _waiting(original: Callable[..., None]) -> Callable[..., None]:
    def init(self: Command, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        self.status = "Pending"
        self.completed_count = 0
        for invocation in self.invocations:
            invocation |= {"Status": "Pending", "StatusDetails": "Pending", "ResponseCode": -1}

    return init
