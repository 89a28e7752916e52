"""ECS services: created, updated, waited for as `waitForSteadyState` asks, and drained before they go."""

from typing import Any

from local.provider.aws.ecs import CLUSTER
from local.provider.aws.ecs_service_parameters import create_parameters, update_parameters
from local.provider.aws.ecs_task_definition import TASK_DEFINITION
from local.provider.aws.references import SECURITY_GROUP, SUBNET, TARGET_GROUP
from local.provider.aws.rollout import primary_deployment, wait_until_steady
from local.provider.aws.tag_operations import ECS, tagging
from local.provider.aws.wire import pick, report
from local.provider.call import Call
from local.provider.entry import AutoName, ResourceType
from local.provider.failures import is_missing
from local.provider.values import Values

DRAIN_SECONDS = 20 * 60
"""pulumi-aws's default `delete` timeout for a service."""


def _create(call: Call) -> str:
    # A service that still drains keeps its name; ECS refuses a second one until it is gone.
    call.wait_for(lambda: not _drains(call), f"the end of the former service {call.inputs['name']}", DRAIN_SECONDS)
    return str(call.aws("ecs").create_service(**create_parameters(call.inputs))["service"]["serviceArn"])


def _update(call: Call) -> None:
    """An unchanged `desiredCount` is not sent: autoscaling may have moved it since."""
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
        # The cluster in the words of the program, which may have named it.
        **({"cluster": cluster} if service["clusterArn"].endswith(f"/{cluster}") else {}),
        # What runs, not what was last asked for: a rollback shows as drift.
        "taskDefinition": primary_deployment(service).get("taskDefinition", service["taskDefinition"]),
        "loadBalancers": [
            report(one, "targetGroupArn containerName containerPort", elbName="loadBalancerName")
            for one in service.get("loadBalancers", [])
        ],
    }


def _address(call: Call) -> tuple[str, str]:
    """Cluster and name out of arn:aws:ecs:region:account:service/cluster/name, or cluster/name in an import."""
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
    found = _find(call)
    if found and found["status"] == "ACTIVE":
        if found.get("schedulingStrategy") != "DAEMON":
            ecs.update_service(cluster=cluster, service=name, desiredCount=0)
        ecs.delete_service(cluster=cluster, service=name, force=True)
    call.wait_for(lambda: not _drains(call), f"the end of the tasks of service {name}", DRAIN_SECONDS)


def _find(call: Call) -> dict[str, Any] | None:
    cluster, name = _address(call) if call.id else (call.inputs["cluster"], call.inputs["name"])
    try:
        services = call.aws("ecs").describe_services(cluster=cluster, services=[name])["services"]
    except call.aws("ecs").exceptions.ClientError as error:
        if is_missing(error):
            return None
        raise
    return services[0] if services else None


def _drains(call: Call) -> bool:
    found = _find(call)
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
        tags=tagging("ecs", ECS, lambda call: str(call.state["arn"])),
        references={
            "cluster": CLUSTER,
            "taskDefinition": TASK_DEFINITION,
            "loadBalancers.targetGroupArn": TARGET_GROUP,
            "networkConfiguration.subnets": SUBNET,
            "networkConfiguration.securityGroups": SECURITY_GROUP,
        },
    ),
)
