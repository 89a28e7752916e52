"""ECS services: what boto3 is told, and the wait for the rollout that `waitForSteadyState` asks for."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from .rollout import RolloutError, describe, wait_until_steady

DRAIN_SECONDS = 20 * 60
"""pulumi-aws's default `delete` timeout for a service."""
POLL_SECONDS = 0.5

Properties = Mapping[str, Any]
Log = Callable[[str], None]


def create_parameters(inputs: Properties) -> dict[str, Any]:
    """CreateService's parameters for a service's inputs."""
    parameters = {
        **update_parameters(inputs),
        "serviceName": inputs["name"],
        "launchType": inputs.get("launchType"),
        "desiredCount": inputs.get("desiredCount"),
        "schedulingStrategy": inputs.get("schedulingStrategy"),
        "deploymentController": inputs.get("deploymentController"),
        "tags": [{"key": key, "value": value} for key, value in sorted((inputs.get("tags") or {}).items())],
    }
    return {key: value for key, value in parameters.items() if value is not None}


def update_parameters(inputs: Properties) -> dict[str, Any]:
    """What CreateService and UpdateService share; absent inputs are left out, so ECS keeps or chooses them."""
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


def _network(network: Properties | None) -> dict[str, Any] | None:
    if not network:
        return None
    return {
        "awsvpcConfiguration": {
            "subnets": network["subnets"],
            "securityGroups": network.get("securityGroups") or [],
            "assignPublicIp": "ENABLED" if network.get("assignPublicIp") else "DISABLED",
        }
    }


def _load_balancer(one: Properties) -> dict[str, Any]:
    names = {"targetGroupArn": "targetGroupArn", "elbName": "loadBalancerName"}
    known = {theirs: one[ours] for ours, theirs in names.items() if one.get(ours)}
    return {**known, "containerName": one["containerName"], "containerPort": int(one["containerPort"])}


def _deployment(inputs: Properties) -> dict[str, Any] | None:
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


def create_service(ecs: Any, inputs: Properties, log: Log, timeout_seconds: float) -> dict[str, Any]:
    """Create the service, or take over the one that an interrupted run left, and wait if asked. Raises RolloutError."""
    parameters = create_parameters(inputs)
    left = ecs.describe_services(cluster=parameters["cluster"], services=[inputs["name"]])["services"]
    if left and left[0]["status"] == "ACTIVE":
        ecs.update_service(service=inputs["name"], **update_parameters(inputs))
    else:
        _wait_until_drained(ecs, parameters["cluster"], inputs["name"], timeout_seconds)
        ecs.create_service(**parameters)
    return _settled(ecs, inputs, log, timeout_seconds)


def update_service(ecs: Any, old: Properties, inputs: Properties, log: Log, timeout_seconds: float) -> dict[str, Any]:
    """Bring the service to its new inputs and wait if asked.

    An unchanged `desiredCount` is not sent: autoscaling may have moved it since. Raises RolloutError.
    """
    parameters = update_parameters(inputs)
    if inputs.get("desiredCount") != old.get("desiredCount") and inputs.get("desiredCount") is not None:
        parameters["desiredCount"] = int(inputs["desiredCount"])
    if inputs.get("forceNewDeployment"):
        parameters["forceNewDeployment"] = True
    ecs.update_service(service=inputs["name"], **parameters)
    return _settled(ecs, inputs, log, timeout_seconds)


def _settled(ecs: Any, inputs: Properties, log: Log, timeout_seconds: float) -> dict[str, Any]:
    cluster, name = inputs["cluster"], inputs["name"]
    if inputs.get("waitForSteadyState"):
        asked = inputs["taskDefinition"]
        wait_until_steady(ecs, cluster, name, asked, timeout_seconds=timeout_seconds, log=log)
    return dict(describe(ecs, cluster, name))


def delete_service(ecs: Any, state: Properties, timeout_seconds: float = DRAIN_SECONDS) -> None:
    """Scale to nothing, delete, and return when the last task is gone. A service already gone is fine."""
    cluster, name = state["cluster"], state["name"]
    try:
        described = describe(ecs, cluster, name)
        if described["status"] == "ACTIVE" and described.get("schedulingStrategy") != "DAEMON":
            ecs.update_service(cluster=cluster, service=name, desiredCount=0)
        if described["status"] == "ACTIVE":
            ecs.delete_service(cluster=cluster, service=name, force=True)
    except RolloutError:
        return
    except ClientError as error:
        if error.response["Error"]["Code"] in {"ClusterNotFoundException", "ServiceNotFoundException"}:
            return
        raise
    _wait_until_drained(ecs, cluster, name, timeout_seconds)


def _wait_until_drained(ecs: Any, cluster: str, name: str, timeout_seconds: float) -> None:
    deadline = time.monotonic() + timeout_seconds
    while _drains(ecs, cluster, name):
        if time.monotonic() > deadline:
            raise RolloutError(f"service {name} still has tasks {timeout_seconds:.0f} s after its deletion")
        time.sleep(POLL_SECONDS)


def _drains(ecs: Any, cluster: str, name: str) -> bool:
    services = ecs.describe_services(cluster=cluster, services=[name])["services"]
    if not services:
        return False
    left = services[0].get("runningCount", 0) + services[0].get("pendingCount", 0)
    return bool(services[0]["status"] == "DRAINING" or (services[0]["status"] == "INACTIVE" and left > 0))
