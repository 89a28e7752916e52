"""Roles that a call hands over to a service: iam:PassRole.

docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

from collections.abc import Iterable, Mapping
from typing import Any

from embedded_cloud.iam.evaluation import Request
from embedded_cloud.iam.operations.call import Call

TASKS = "ecs-tasks.amazonaws.com"
_PASSING: Mapping[tuple[str, str], tuple[str, tuple[str, ...]]] = {
    ("ec2", "CreateFlowLogs"): ("vpc-flow-logs.amazonaws.com", ("DeliverLogsPermissionArn",)),
    ("events", "PutTargets"): ("events.amazonaws.com", ("Targets", "RoleArn")),
    ("pipes", "CreatePipe"): ("pipes.amazonaws.com", ("RoleArn",)),
    ("pipes", "UpdatePipe"): ("pipes.amazonaws.com", ("RoleArn",)),
    ("rds", "CreateDBInstance"): ("monitoring.rds.amazonaws.com", ("MonitoringRoleArn",)),
    ("rds", "ModifyDBInstance"): ("monitoring.rds.amazonaws.com", ("MonitoringRoleArn",)),
    ("scheduler", "CreateSchedule"): ("scheduler.amazonaws.com", ("Target", "RoleArn")),
    ("scheduler", "UpdateSchedule"): ("scheduler.amazonaws.com", ("Target", "RoleArn")),
}
"""Who gets the role, and where it stands in the parameters."""


def passed(roles: Iterable[str], service: str) -> list[Request]:
    """The permission to give these roles to a service; empty names stand for none."""
    to = {"iam:PassedToService": service}
    return [Request(action="iam:PassRole", resource=one, context=to) for one in roles if one]


def passed_by(call: Call) -> list[Request]:
    """The roles that the call hands over."""
    if (call.service, call.operation) not in _PASSING:
        return []
    service, path = _PASSING[call.service, call.operation]
    return passed(_at(call.parameters, path), service)


def _at(value: Any, path: tuple[str, ...]) -> list[str]:
    if isinstance(value, list):
        return [found for one in value for found in _at(one, path)]
    if not path:
        return [str(value)] if value else []
    return _at(value.get(path[0]), path[1:]) if isinstance(value, Mapping) else []
