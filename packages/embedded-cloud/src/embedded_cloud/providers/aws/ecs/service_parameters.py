"""ECS: parameters of CreateService and UpdateService."""

from typing import Any

from embedded_cloud.providers.values import Values


def create_parameters(inputs: Values) -> dict[str, Any]:
    """Parameters of CreateService."""
    parameters = {
        **update_parameters(inputs),
        "serviceName": inputs["name"],
        "launchType": inputs.get("launchType"),
        "desiredCount": inputs.get("desiredCount"),
        "schedulingStrategy": inputs.get("schedulingStrategy"),
        "deploymentController": inputs.get("deploymentController"),
    }
    return {key: value for key, value in parameters.items() if value is not None}


def update_parameters(inputs: Values) -> dict[str, Any]:
    """Parameters of UpdateService. Leaves out absent inputs, so ECS keeps its value."""
    parameters = {
        "cluster": inputs.get("cluster"),
        "taskDefinition": inputs.get("taskDefinition"),
        "platformVersion": inputs.get("platformVersion"),
        "healthCheckGracePeriodSeconds": inputs.get("healthCheckGracePeriodSeconds"),
        "enableExecuteCommand": inputs.get("enableExecuteCommand"),
        "enableECSManagedTags": inputs.get("enableEcsManagedTags"),
        "propagateTags": inputs.get("propagateTags"),
        "availabilityZoneRebalancing": inputs.get("availabilityZoneRebalancing"),
        "capacityProviderStrategy": inputs.get("capacityProviderStrategies"),
        "networkConfiguration": _network(inputs.get("networkConfiguration")),
        "loadBalancers": [_load_balancer(one) for one in inputs.get("loadBalancers") or []] or None,
        "deploymentConfiguration": _deployment(inputs),
    }
    return {key: value for key, value in parameters.items() if value is not None}


def _network(network: Values | None) -> dict[str, Any] | None:
    if not network:
        return None
    return {
        "awsvpcConfiguration": {
            "subnets": network["subnets"],
            "securityGroups": network.get("securityGroups") or [],
            "assignPublicIp": "ENABLED" if network.get("assignPublicIp") else "DISABLED",
        }
    }


def _load_balancer(one: Values) -> dict[str, Any]:
    names = {"targetGroupArn": "targetGroupArn", "elbName": "loadBalancerName"}
    known = {theirs: one[ours] for ours, theirs in names.items() if one.get(ours)}
    return {**known, "containerName": one["containerName"], "containerPort": int(one["containerPort"])}


def _deployment(inputs: Values) -> dict[str, Any] | None:
    configuration: dict[str, Any] = {}
    if "deploymentMaximumPercent" in inputs:
        configuration["maximumPercent"] = int(inputs["deploymentMaximumPercent"])
    if "deploymentMinimumHealthyPercent" in inputs:
        configuration["minimumHealthyPercent"] = int(inputs["deploymentMinimumHealthyPercent"])
    if breaker := inputs.get("deploymentCircuitBreaker"):
        configuration["deploymentCircuitBreaker"] = {"enable": breaker["enable"], "rollback": breaker["rollback"]}
    if alarms := inputs.get("alarms"):
        configuration["alarms"] = dict(alarms)
    return configuration or None
