"""EventBridge Scheduler: expressions and groups are checked as on AWS."""

from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.scheduler.exceptions import ScheduleGroupNotFound
from moto.scheduler.models import EventBridgeSchedulerBackend

from embedded_cloud.api import schedule_expressions as expressions
from embedded_cloud.api.moto_patches.replace import check_before


class InvalidScheduleError(JsonRESTError):  # type: ignore[misc] # moto is not typed
    """AWS's answer to a wrong expression or time zone."""

    code = 400

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)


def apply() -> None:
    for name in ("create_schedule", "update_schedule"):
        check_before(EventBridgeSchedulerBackend, name, _check)
    check_before(EventBridgeSchedulerBackend, "delete_schedule_group", _check_group)


def _check(
    self: EventBridgeSchedulerBackend,
    group_name: str | None,
    schedule_expression: str,
    schedule_expression_timezone: str | None,
) -> None:
    if (group_name or "default") not in self.schedule_groups:
        raise ScheduleGroupNotFound(group_name or "default")
    try:
        expressions.check(schedule_expression, schedule_expression_timezone or "UTC")
    except expressions.ExpressionError as error:
        raise InvalidScheduleError(str(error)) from None


def _check_group(self: Any, name: str | None) -> None:
    self.get_schedule_group(name)
