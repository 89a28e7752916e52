"""Elastic Load Balancing: target groups and their health checks."""

from typing import Any

from embedded_cloud.providers.aws import references
from embedded_cloud.providers.aws.elb.properties import Attribute, flattened, from_attributes, nested, to_attributes
from embedded_cloud.providers.aws.tagging import ELB_TAGS
from embedded_cloud.providers.call import Call, from_boto
from embedded_cloud.providers.entry import AutoName, ResourceType
from embedded_cloud.providers.values import Values

_ATTRIBUTES = {
    "deregistrationDelay": Attribute("deregistration_delay.timeout_seconds", int, "300"),
    "slowStart": Attribute("slow_start.duration_seconds", int, "0"),
    "loadBalancingAlgorithmType": Attribute("load_balancing.algorithm.type", str, "round_robin"),
    "loadBalancingAnomalyMitigation": Attribute("load_balancing.algorithm.anomaly_mitigation", str, "off"),
    "loadBalancingCrossZoneEnabled": Attribute(
        "load_balancing.cross_zone.enabled", str, "use_load_balancer_configuration"
    ),
    "stickiness.enabled": Attribute("stickiness.enabled", bool, "false"),
    "stickiness.type": Attribute("stickiness.type", str, "lb_cookie"),
    "stickiness.cookieDuration": Attribute("stickiness.lb_cookie.duration_seconds", int, "86400"),
}
"""Keys and defaults from the ELB API reference, TargetGroupAttribute."""
_HEALTH = {
    "enabled": "HealthCheckEnabled",
    "protocol": "HealthCheckProtocol",
    "port": "HealthCheckPort",
    "path": "HealthCheckPath",
    "interval": "HealthCheckIntervalSeconds",
    "timeout": "HealthCheckTimeoutSeconds",
    "healthyThreshold": "HealthyThresholdCount",
    "unhealthyThreshold": "UnhealthyThresholdCount",
}


def _health_parameters(inputs: Values) -> dict[str, Any]:
    health = inputs.get("healthCheck") or {}
    wanted = {boto: health[wire] for wire, boto in _HEALTH.items() if health.get(wire) is not None}
    if health.get("matcher"):
        wanted["Matcher"] = {"HttpCode": health["matcher"]}
    return wanted


def _create(call: Call) -> str:
    wanted = call.params("name protocol port vpcId targetType protocolVersion ipAddressType")
    answer = call.aws("elbv2").create_target_group(**wanted, **_health_parameters(call.inputs))
    return str(answer["TargetGroups"][0]["TargetGroupArn"])


def _set_attributes(call: Call) -> None:
    new, old = flattened(call.inputs, "stickiness"), flattened(call.old_inputs, "stickiness")
    attributes = to_attributes(call, _ATTRIBUTES, new, old)
    if attributes:
        call.aws("elbv2").modify_target_group_attributes(TargetGroupArn=call.id, Attributes=attributes)


def _read(call: Call) -> Values:
    (group,) = call.aws("elbv2").describe_target_groups(TargetGroupArns=[call.id])["TargetGroups"]
    attributes = call.aws("elbv2").describe_target_group_attributes(TargetGroupArn=call.id)["Attributes"]
    health = from_boto(group, **_HEALTH)
    for name in ("healthyThreshold", "unhealthyThreshold", "interval", "timeout"):
        health[name] = int(health[name])
    if group.get("Matcher"):
        health["matcher"] = group["Matcher"].get("HttpCode")
    return {
        **nested(from_attributes(attributes, _ATTRIBUTES), "stickiness"),
        **from_boto(group, "protocol port vpcId targetType protocolVersion ipAddressType"),
        **from_boto(group, name="TargetGroupName", arn="TargetGroupArn"),
        "healthCheck": health,
        "arnSuffix": call.id.rsplit(":", 1)[1],
    }


def _update(call: Call) -> None:
    if call.changed("healthCheck"):
        call.aws("elbv2").modify_target_group(TargetGroupArn=call.id, **_health_parameters(call.inputs))


def _check(inputs: Values) -> list[tuple[str, str]]:
    if inputs.get("targetType") == "lambda":
        return []
    missing = [name for name in ("port", "protocol", "vpcId") if name not in inputs]
    return [(name, "is required unless targetType is lambda") for name in missing]


RESOURCES = (
    ResourceType(
        "aws:lb/targetGroup:TargetGroup",
        reported="name protocol port vpcId targetType protocolVersion ipAddressType healthCheck deregistrationDelay "
        "slowStart loadBalancingAlgorithmType loadBalancingAnomalyMitigation loadBalancingCrossZoneEnabled stickiness",
        replaces="name protocol port vpcId targetType protocolVersion ipAddressType",
        name=AutoName(max_length=32),
        tags=ELB_TAGS,
        references={"vpcId": references.VPC},
        effect="health checks and balances tasks",
        check=_check,
        create=_create,
        ready=_set_attributes,
        read=_read,
        update=_update,
        delete=lambda call: call.aws("elbv2").delete_target_group(TargetGroupArn=call.id),
    ),
)
