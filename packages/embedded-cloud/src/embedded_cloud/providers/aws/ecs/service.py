"""ECS: services."""

from typing import Any

from embedded_cloud.providers.aws.ecs.cluster import CLUSTER
from embedded_cloud.providers.aws.ecs.rollout import primary_deployment, wait_until_steady
from embedded_cloud.providers.aws.ecs.service_parameters import create_parameters, update_parameters
from embedded_cloud.providers.aws.ecs.task_definition import TASK_DEFINITION
from embedded_cloud.providers.aws.references import SECURITY_GROUP, SUBNET, TARGET_GROUP
from embedded_cloud.providers.aws.tagging import ECS_TAGS
from embedded_cloud.providers.call import Call, pick, report
from embedded_cloud.providers.entry import ResourceType
from embedded_cloud.providers.failures import is_missing
from embedded_cloud.providers.naming import AutoName
from embedded_cloud.providers.values import Values

DRAIN_SECONDS = 20 * 60
"""pulumi-aws's default `delete` timeout for a service."""


def _create(call: Call) -> str:
    # ECS refuses a second service of the same name while the first one drains.
    call.wait_for(lambda: not _is_draining(call), f"service {call.inputs['name']} to drain", DRAIN_SECONDS)
    return str(call.aws("ecs").create_service(**create_parameters(call.inputs))["service"]["serviceArn"])


def _update(call: Call) -> None:
    """Update the service. An unchanged `desiredCount` is not sent: auto scaling may have changed it."""
    parameters = update_parameters(call.inputs)
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
        **_read_deployment(service.get("deploymentConfiguration", {})),
        **_read_network(service.get("networkConfiguration", {}).get("awsvpcConfiguration")),
        # The program may name the cluster instead of giving its ARN.
        **({"cluster": cluster} if service["clusterArn"].endswith(f"/{cluster}") else {}),
        # The running definition, not the requested one: a rollback shows as drift.
        "taskDefinition": primary_deployment(service).get("taskDefinition", service["taskDefinition"]),
        "loadBalancers": [
            report(one, "targetGroupArn containerName containerPort", elbName="loadBalancerName")
            for one in service.get("loadBalancers", [])
        ],
    }


def _address(call: Call) -> tuple[str, str]:
    """Cluster and name, from arn:aws:ecs:region:account:service/cluster/name or, in an import, cluster/name."""
    *_, cluster, name = call.id.split("/")
    return call.state.get("cluster") or cluster, name


def _read_deployment(configuration: Values) -> Values:
    return report(
        configuration,
        "deploymentCircuitBreaker alarms",
        deploymentMaximumPercent="maximumPercent",
        deploymentMinimumHealthyPercent="minimumHealthyPercent",
    )


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


_PLAIN = (
    "desiredCount launchType platformVersion schedulingStrategy deploymentController propagateTags "
    "healthCheckGracePeriodSeconds enableExecuteCommand availabilityZoneRebalancing"
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
        "deploymentMaximumPercent deploymentMinimumHealthyPercent deploymentCircuitBreaker alarms",
        unreported="waitForSteadyState forceNewDeployment forceDelete triggers sigintRollback "
        "capacityProviderStrategies",
        replaces="name cluster launchType schedulingStrategy deploymentController",
        name=AutoName(max_length=255),
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
