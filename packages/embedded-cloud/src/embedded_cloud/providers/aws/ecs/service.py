"""ECS: services."""

from typing import Any

from embedded_cloud.emulation import Emulation
from embedded_cloud.providers.aws.ecs.cluster import CLUSTER
from embedded_cloud.providers.aws.ecs.rollout import primary_deployment, wait_until_steady
from embedded_cloud.providers.aws.ecs.task_definition import TASK_DEFINITION
from embedded_cloud.providers.aws.references import SECURITY_GROUP, SUBNET, TARGET_GROUP
from embedded_cloud.providers.aws.tagging import ECS_TAGS
from embedded_cloud.providers.call import Call, pick, report
from embedded_cloud.providers.entry import AutoName, ResourceType
from embedded_cloud.providers.failures import is_missing
from embedded_cloud.providers.values import Values

DRAIN_SECONDS = 20 * 60
"""pulumi-aws's default `delete` timeout for a service."""


_PLAIN = (
    "desiredCount launchType platformVersion schedulingStrategy deploymentController propagateTags "
    "healthCheckGracePeriodSeconds enableExecuteCommand availabilityZoneRebalancing"
)
_CHANGEABLE = (
    "cluster taskDefinition platformVersion healthCheckGracePeriodSeconds enableExecuteCommand propagateTags "
    "availabilityZoneRebalancing"
)
_PERCENT = {"deploymentMaximumPercent": "maximumPercent", "deploymentMinimumHealthyPercent": "minimumHealthyPercent"}
_BALANCER = {"targetGroupArn": "targetGroupArn", "elbName": "loadBalancerName"}


def _create(call: Call) -> str:
    # ECS refuses a second service of the same name while the first one drains.
    call.wait_for(lambda: not _is_draining(call), f"service {call.inputs['name']} to drain", DRAIN_SECONDS)
    fixed = pick(call.inputs, "launchType desiredCount schedulingStrategy deploymentController", name="serviceName")
    return str(call.aws("ecs").create_service(**_parameters(call.inputs), **fixed)["service"]["serviceArn"])


def _parameters(inputs: Values) -> dict[str, Any]:
    """Parameters of CreateService and UpdateService. Leaves out absent inputs, so ECS keeps its value."""
    renamed = {"enableEcsManagedTags": "enableECSManagedTags", "capacityProviderStrategies": "capacityProviderStrategy"}
    nested = {
        "networkConfiguration": _network(inputs.get("networkConfiguration")),
        "loadBalancers": [_load_balancer(one) for one in inputs.get("loadBalancers") or []],
        "deploymentConfiguration": {
            **pick(inputs, "alarms deploymentCircuitBreaker"),
            **{name: int(value) for name, value in pick(inputs, **_PERCENT).items()},
        },
    }
    return {**pick(inputs, _CHANGEABLE, **renamed), **{name: value for name, value in nested.items() if value}}


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
    known = {theirs: one[ours] for ours, theirs in _BALANCER.items() if one.get(ours)}
    return {**known, "containerName": one["containerName"], "containerPort": int(one["containerPort"])}


def _update(call: Call) -> None:
    """Update the service. An unchanged `desiredCount` is not sent: auto scaling may have changed it."""
    parameters = _parameters(call.inputs)
    if call.changed("desiredCount") and "desiredCount" in call.inputs:
        parameters["desiredCount"] = call.inputs["desiredCount"]
    if call.inputs.get("forceNewDeployment"):
        parameters["forceNewDeployment"] = True
    call.aws("ecs").update_service(service=call.inputs["name"], **parameters)


def _ready(call: Call) -> None:
    if call.inputs.get("waitForSteadyState"):
        wait_until_steady(call, call.inputs["cluster"], call.inputs["name"], call.inputs["taskDefinition"])


def _read(call: Call) -> Values | None:
    cluster, name = _address(call)
    services = call.aws("ecs").describe_services(cluster=cluster, services=[name])["services"]
    if not services or services[0]["status"] != "ACTIVE":
        return None
    service = services[0]
    return {
        **report(service, _PLAIN, name="serviceName", arn="serviceArn", cluster="clusterArn"),
        **report(service, enableEcsManagedTags="enableECSManagedTags", iamRole="roleArn"),
        **report(service.get("deploymentConfiguration", {}), "deploymentCircuitBreaker alarms", **_PERCENT),
        **_read_network(service.get("networkConfiguration", {}).get("awsvpcConfiguration")),
        # The program may name the cluster instead of giving its ARN.
        **({"cluster": cluster} if service["clusterArn"].endswith(f"/{cluster}") else {}),
        # The running definition, not the requested one: a rollback shows as drift.
        "taskDefinition": primary_deployment(service).get("taskDefinition", service["taskDefinition"]),
        "capacityProviderStrategies": service.get("capacityProviderStrategy", []),
        "loadBalancers": [
            report(one, "containerName containerPort", **_BALANCER) for one in service.get("loadBalancers", [])
        ],
    }


def _same_strategy(one: Any, other: Any) -> bool:
    def by_provider(strategy: Any) -> list[tuple[str, int, int]]:
        return sorted((item["capacityProvider"], item.get("base") or 0, item.get("weight") or 0) for item in strategy)

    return by_provider(one or []) == by_provider(other or [])


def _address(call: Call) -> tuple[str, str]:
    """Cluster and name, from arn:aws:ecs:region:account:service/cluster/name or, in an import, cluster/name."""
    *_, cluster, name = call.id.split("/")
    return call.state.get("cluster") or cluster, name


def _read_network(network: Values | None) -> Values:
    if not network:
        return {}
    public = network.get("assignPublicIp") == "ENABLED"
    return {"networkConfiguration": {**pick(network, "subnets securityGroups"), "assignPublicIp": public}}


def _delete(call: Call) -> None:
    ecs = call.aws("ecs")
    cluster, name = _address(call)
    found = _describe(call)
    if found and found["status"] == "ACTIVE":
        if found.get("schedulingStrategy") != "DAEMON":
            ecs.update_service(cluster=cluster, service=name, desiredCount=0)
        ecs.delete_service(cluster=cluster, service=name, force=True)
    call.wait_for(lambda: not _is_draining(call), f"service {name} to drain", DRAIN_SECONDS)


def _describe(call: Call) -> dict[str, Any] | None:
    cluster, name = _address(call) if call.id else (call.inputs["cluster"], call.inputs["name"])
    try:
        services = call.aws("ecs").describe_services(cluster=cluster, services=[name])["services"]
    except call.aws("ecs").exceptions.ClientError as error:
        if is_missing(error):
            return None
        raise
    return services[0] if services else None


def _is_draining(call: Call) -> bool:
    found = _describe(call)
    if not found or found["status"] == "ACTIVE":
        return False
    return bool(found["status"] == "DRAINING" or found.get("runningCount", 0) + found.get("pendingCount", 0))


EMULATION = Emulation(
    service="Amazon ECS",
    types="aws:ecs/",
    acts=(
        "tasks are containers as their definition says: user, read-only root, secrets, limits, health checks",
        "rolling updates, circuit breaker and rollback, one-off tasks; events and stop reasons in ECS's words",
        "a task that is no longer healthy stays until its replacement is, as far as `maximumPercent` allows",
    ),
    stored=(
        "zones and capacity providers",
        "Container Insights, but for the number of running tasks",
    ),
    refused=("sizes that Fargate does not have, images that the registry does not",),
)

RESOURCES = (
    ResourceType(
        "aws:ecs/service:Service",
        create=_create,
        read=_read,
        update=_update,
        ready=_ready,
        delete=_delete,
        reported=f"name cluster taskDefinition {_PLAIN} enableEcsManagedTags networkConfiguration loadBalancers "
        "deploymentMaximumPercent deploymentMinimumHealthyPercent deploymentCircuitBreaker alarms "
        "capacityProviderStrategies",
        unreported="waitForSteadyState forceNewDeployment forceDelete triggers sigintRollback",
        replaces="name cluster launchType schedulingStrategy deploymentController",
        name=AutoName(max_length=255),
        equal={"capacityProviderStrategies": _same_strategy},
        effect="runs and replaces tasks as containers, with circuit breaker and rollback",
        tags=ECS_TAGS,
        references={
            "cluster": CLUSTER,
            "taskDefinition": TASK_DEFINITION,
            "loadBalancers.targetGroupArn": TARGET_GROUP,
            "networkConfiguration.subnets": SUBNET,
            "networkConfiguration.securityGroups": SECURITY_GROUP,
        },
    ),
)
