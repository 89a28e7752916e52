"""Application Auto Scaling: scalable targets and scaling policies."""

from typing import Any

from embedded_cloud.emulation import Emulation
from embedded_cloud.providers.aws.tagging import KEPT_BY_PULUMI
from embedded_cloud.providers.call import Call, capital, from_boto
from embedded_cloud.providers.entry import AutoName, ResourceType
from embedded_cloud.providers.failures import OperationError
from embedded_cloud.providers.values import Values

_SCALED = "serviceNamespace resourceId scalableDimension"
_KINDS = "targetTrackingScalingPolicyConfiguration stepScalingPolicyConfiguration"


def _register(call: Call) -> str:
    _require_service(call)
    call.aws("application-autoscaling").register_scalable_target(
        **call.params(f"{_SCALED} minCapacity maxCapacity suspendedState", roleArn="RoleARN")
    )
    return str(call.inputs["resourceId"])


def _require_service(call: Call) -> None:
    kind, _, rest = call.inputs["resourceId"].partition("/")
    cluster, _, service = rest.partition("/")
    if kind != "service" or call.inputs["serviceNamespace"] != "ecs":
        return
    services = call.aws("ecs").describe_services(cluster=cluster, services=[service])["services"]
    if not services or services[0]["status"] != "ACTIVE":
        raise OperationError(f'resourceId: there is no ECS service "{service}" in cluster {cluster}')


def _scaled(call: Call) -> dict[str, Any]:
    """Namespace, resource and dimension of the target, from the state where the inputs are not known."""
    source = call.inputs or call.state
    return {capital(name): source[name] for name in _SCALED.split()}


def _read_target(call: Call) -> Values | None:
    scaled = _scaled(call)
    found = call.aws("application-autoscaling").describe_scalable_targets(
        ServiceNamespace=scaled["ServiceNamespace"],
        ResourceIds=[scaled["ResourceId"]],
        ScalableDimension=scaled["ScalableDimension"],
    )["ScalableTargets"]
    return from_boto(found[0], f"{_SCALED} minCapacity maxCapacity", arn="ScalableTargetARN") if found else None


def _put_policy(call: Call) -> str:
    call.aws("application-autoscaling").put_scaling_policy(
        **call.params(f"{_SCALED} policyType {_KINDS}", name="PolicyName")
    )
    return str(call.inputs["name"])


def _read_policy(call: Call) -> Values | None:
    scaled = _scaled(call)
    found = call.aws("application-autoscaling").describe_scaling_policies(
        ServiceNamespace=scaled["ServiceNamespace"], ResourceId=scaled["ResourceId"]
    )["ScalingPolicies"]
    # moto ignores the parameter PolicyNames.
    for policy in found:
        if policy["PolicyName"] == call.id:
            known = from_boto(policy, f"{_SCALED} policyType {_KINDS}", name="PolicyName", arn="PolicyARN")
            return {**known, "alarmArns": [alarm["AlarmARN"] for alarm in policy.get("Alarms", [])]}
    return None


EMULATION = Emulation(
    service="Application Auto Scaling",
    types="aws:appautoscaling/",
    acts=(
        "bounds of a service",
        "target tracking by CPU, requests per target, and customized metrics with their math",
    ),
    stored=("step scaling and scheduled scaling",),
)

RESOURCES = (
    ResourceType(
        "aws:appautoscaling/target:Target",
        create=_register,
        read=_read_target,
        update=_register,
        delete=lambda call: call.aws("application-autoscaling").deregister_scalable_target(**_scaled(call)),
        reported=f"{_SCALED} minCapacity maxCapacity",
        unreported="roleArn suspendedState",
        tags=KEPT_BY_PULUMI,
        replaces=_SCALED,
        effect="bounds the number of tasks",
    ),
    ResourceType(
        "aws:appautoscaling/policy:Policy",
        effect="scales by target tracking; no other policy acts",
        create=_put_policy,
        read=_read_policy,
        update=_put_policy,
        delete=lambda call: call.aws("application-autoscaling").delete_scaling_policy(
            PolicyName=call.id, **_scaled(call)
        ),
        reported=f"name policyType {_SCALED} {_KINDS}",
        replaces=f"name policyType {_SCALED}",
        name=AutoName(max_length=256),
    ),
)
