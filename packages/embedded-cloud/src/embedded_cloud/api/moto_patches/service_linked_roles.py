"""IAM: service-linked roles. A service makes its role with its first resource, and only AWS changes the role.

On AWS, the caller of that first request needs `iam:CreateServiceLinkedRole` (IAM User Guide, "Create a service-linked
role"); the log names it, because IAM does not decide about it here."""

import json
import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend, applicationautoscaling_backends
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.ecs.models import EC2ContainerServiceBackend, ecs_backends
from moto.elasticache.models import ElastiCacheBackend, elasticache_backends
from moto.elbv2.models import ELBv2Backend, elbv2_backends
from moto.iam.exceptions import InvalidInput
from moto.iam.models import IAMBackend, Role, iam_backends
from moto.iam.responses import IamResponse
from moto.rds.models import RDSBackend, rds_backends
from moto.wafv2.models import WAFV2Backend, wafv2_backends

from embedded_cloud.api.moto_patches.replace import Method, check_before, wrap_method

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LinkedRole:
    """What AWS makes for one service."""

    name: str
    policy: str
    """AWS's managed policy that is attached to it."""


ROLES: Mapping[str, LinkedRole] = {
    "ecs.amazonaws.com": LinkedRole("AWSServiceRoleForECS", "AmazonECSServiceRolePolicy"),
    "elasticloadbalancing.amazonaws.com": LinkedRole(
        "AWSServiceRoleForElasticLoadBalancing", "AWSElasticLoadBalancingServiceRolePolicy"
    ),
    "rds.amazonaws.com": LinkedRole("AWSServiceRoleForRDS", "AmazonRDSServiceRolePolicy"),
    "elasticache.amazonaws.com": LinkedRole("AWSServiceRoleForElastiCache", "ElastiCacheServiceRolePolicy"),
    "ecs.application-autoscaling.amazonaws.com": LinkedRole(
        "AWSServiceRoleForApplicationAutoScaling_ECSService", "AWSApplicationAutoscalingECSServicePolicy"
    ),
    "wafv2.amazonaws.com": LinkedRole("AWSServiceRoleForWAFV2Logging", "WAFV2LoggingServiceRolePolicy"),
}
"""By the service's principal; each name is on the service's page "Using service-linked roles"."""

FIRST_USE: tuple[tuple[type, str, str], ...] = (
    (EC2ContainerServiceBackend, "create_cluster", "ecs.amazonaws.com"),
    (EC2ContainerServiceBackend, "create_service", "ecs.amazonaws.com"),
    (ELBv2Backend, "create_load_balancer", "elasticloadbalancing.amazonaws.com"),
    (RDSBackend, "create_db_instance", "rds.amazonaws.com"),
    (ElastiCacheBackend, "create_replication_group", "elasticache.amazonaws.com"),
    (ApplicationAutoscalingBackend, "register_scalable_target", "ecs.application-autoscaling.amazonaws.com"),
    (WAFV2Backend, "put_logging_configuration", "wafv2.amazonaws.com"),
)
"""moto's methods that make a service's resources, with the principal of the service."""

_CHANGES = (
    "attach_role_policy",
    "delete_role",
    "delete_role_permissions_boundary",
    "delete_role_policy",
    "detach_role_policy",
    "put_role_permissions_boundary",
    "put_role_policy",
    "update_assume_role_policy",
)


class UnmodifiableEntityException(ServiceException):  # type: ignore[misc] # moto is not typed
    """IAM's error for a role that only AWS may change."""

    code = "UnmodifiableEntity"


FAILED_DELETIONS = "failed_deletions"
"""Attribute of IAM's backend: the resources that kept a role, by the id of the deletion task."""


def apply() -> None:
    for owner, method, principal in FIRST_USE:
        wrap_method(owner, method, _with_role, principal)
    for method in _CHANGES:
        check_before(IAMBackend, method, _refuse_linked)
    wrap_method(IAMBackend, "create_service_linked_role", _create)
    wrap_method(IAMBackend, "delete_service_linked_role", _delete)
    wrap_method(IamResponse, "get_service_linked_role_deletion_status", _deletion_status)


def _with_role(original: Method, principal: str, self: Any, *arguments: Any, **named: Any) -> Any:
    result = original(self, *arguments, **named)
    iam = iam_backends[self.account_id]["aws"]
    if _find(iam, ROLES[principal].name) is None:
        _make(iam, principal)
        logger.info(
            "iam: %s made its role %s; on AWS the caller needs iam:CreateServiceLinkedRole for %s",
            principal,
            ROLES[principal].name,
            principal,
        )
    return result


def _make(iam: IAMBackend, principal: str, description: str = "") -> Role:
    linked = ROLES[principal]
    statement = {"Effect": "Allow", "Principal": {"Service": principal}, "Action": "sts:AssumeRole"}
    role: Role = iam.create_role(
        linked.name,
        json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        f"/aws-service-role/{principal}/",
        permissions_boundary=None,
        description=description,
        tags=[],
        max_session_duration="3600",
        linked_service=principal,
    )
    for policy in iam.managed_policies.values():
        if policy.name == linked.policy:
            policy.attach_to(role)
    return role


def _find(iam: IAMBackend, name: str) -> Role | None:
    return next((role for role in iam.get_roles() if role.name == name), None)


def _create(original: Method, self: IAMBackend, service_name: str, description: str, suffix: str) -> Role:
    if suffix or service_name not in ROLES:
        role: Role = original(self, service_name, description, suffix)
        return role
    name = ROLES[service_name].name
    if _find(self, name) is not None:
        raise InvalidInput(f"Service role name {name} has been taken in this account, please try a different suffix.")
    return _make(self, service_name, description or "")


def _delete(original: Method, self: IAMBackend, role_name: str) -> str:
    role = self.get_role(role_name)
    if used_by := _users(self.account_id, str(role._linked_service)):
        task_id = f"task{role.path}{role_name}/{uuid.uuid4()}"
        vars(self).setdefault(FAILED_DELETIONS, {})[task_id] = used_by
        return task_id
    for policy in list(role.managed_policies.values()):
        policy.detach_from(role)
    linked, role._linked_service = role._linked_service, None
    try:
        task: str = original(self, role_name)
    except ServiceException:
        role._linked_service = linked
        raise
    return task


def _refuse_linked(iam: IAMBackend, role_name: str) -> None:
    role = _find(iam, role_name)
    if role is not None and role._linked_service:
        raise UnmodifiableEntityException(
            f"Cannot perform the operation on the protected role '{role_name}' - this role is only modifiable by AWS"
        )


def _users(account: str, principal: str) -> list[str]:
    """ARNs of the resources that need the role of a service."""
    lists: Mapping[str, Any] = {
        "ecs.amazonaws.com": (ecs_backends, lambda ecs: [c.arn for c in ecs.clusters.values() if c.status == "ACTIVE"]),
        "elasticloadbalancing.amazonaws.com": (elbv2_backends, lambda elb: list(elb.load_balancers)),
        "rds.amazonaws.com": (rds_backends, lambda rds: [one.arn for one in rds.databases.values()]),
        "elasticache.amazonaws.com": (
            elasticache_backends,
            lambda cache: [one.arn for one in cache.replication_groups.values()],
        ),
        "ecs.application-autoscaling.amazonaws.com": (
            applicationautoscaling_backends,
            lambda scaling: [target.arn for kind in scaling.targets.values() for target in kind.values()],
        ),
        "wafv2.amazonaws.com": (wafv2_backends, lambda waf: list(waf.logging_configurations)),
    }
    if principal not in lists:
        return []
    backends, arns = lists[principal]
    return [arn for backend in dict(backends[account]).values() for arn in arns(backend)]


def _deletion_status(original: Method, self: IamResponse) -> ActionResult:
    used_by = vars(self.backend).get(FAILED_DELETIONS, {}).get(self._get_param("DeletionTaskId"))
    if used_by is None:
        succeeded: ActionResult = original(self)
        return succeeded
    usage = [{"Region": self.region, "Resources": used_by}]
    reason = "The service-linked role has resources that use it: delete them first"
    return ActionResult({"Status": "FAILED", "Reason": {"Reason": reason, "RoleUsageList": usage}})
