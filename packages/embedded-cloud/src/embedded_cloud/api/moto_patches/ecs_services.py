"""ECS services: deployments with a rollout state, and every argument of a service."""

from datetime import UTC, datetime
from typing import Any

from botocore import xform_name
from moto.core.responses import ActionResult
from moto.ecs.exceptions import InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend, Service
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.elbv2.models import elbv2_backends
from moto.moto_api._internal import mock_random

from embedded_cloud.api.moto_patches import ecs_placement
from embedded_cloud.api.moto_patches.ecs_placement import Strategy
from embedded_cloud.api.moto_patches.replace import Method, wrap_method

KEPT_SERVICE_ARGUMENTS = (
    "availabilityZoneRebalancing capacityProviderStrategy deploymentConfiguration enableECSManagedTags "
    "enableExecuteCommand healthCheckGracePeriodSeconds loadBalancers networkConfiguration placementConstraints "
    "placementStrategy platformVersion propagateTags serviceConnectConfiguration serviceRegistries "
    "volumeConfigurations"
)

REDEPLOYING_ARGUMENTS = (
    "capacityProviderStrategy loadBalancers networkConfiguration platformVersion propagateTags "
    "enableExecuteCommand enableECSManagedTags taskDefinition"
)
"""A change of one of these starts a deployment; others (desired count, breaker) apply to the current one."""


def apply(*, agents: bool) -> None:
    """Patch ECS services. Without agents they are steady at once."""
    wrap_method(EC2ContainerServiceResponse, "create_service", _create_service, agents)
    wrap_method(EC2ContainerServiceResponse, "update_service", _update_service, agents)
    wrap_method(EC2ContainerServiceResponse, "delete_service", _delete_service)


def new_deployment(service: Service, desired_count: int) -> dict[str, Any]:
    """Make a PRIMARY deployment of the service's task definition, without running tasks."""
    identifier = f"ecs-svc/{mock_random.randint(10**18, 10**19 - 1)}"
    now = datetime.now(UTC)
    return {
        "id": identifier,
        "status": "PRIMARY",
        "taskDefinition": service.task_definition,
        "desiredCount": desired_count,
        "pendingCount": 0,
        "runningCount": 0,
        "failedTasks": 0,
        "createdAt": now,
        "updatedAt": now,
        "launchType": service.launch_type,
        "capacityProviderStrategy": getattr(service, "capacity_provider_strategy", None),
        "platformVersion": service.platform_version,
        "platformFamily": "Linux",
        "networkConfiguration": service.network_configuration,
        "rolloutState": "IN_PROGRESS",
        "rolloutStateReason": f"ECS deployment {identifier} in progress.",
    }


def _create_service(original: Method, agents: bool, self: EC2ContainerServiceResponse) -> ActionResult:
    arguments = self._get_params()
    backend = self.ecs_backend
    cluster = backend._get_cluster(arguments.get("cluster", "default"))
    existing = backend.services.get(f"{cluster.name}:{arguments['serviceName']}")
    if existing is not None and existing.status != "INACTIVE":
        raise InvalidParameterException("Creation of service was not idempotent.")
    _require_load_balancers(backend, arguments)
    strategy = ecs_placement.strategy_of(cluster, arguments)
    result = original(self)
    service = backend.services[f"{cluster.name}:{arguments['serviceName']}"]
    service.created_at = datetime.now(UTC)
    service.platform_family = "Linux"
    service.platform_version = "LATEST"
    _keep(service, arguments)
    _set_capacity(service, strategy)
    service.deployments = [new_deployment(service, service.desired_count)]
    service.running_count = service.pending_count = 0
    if not agents:
        _settle(service)
    return result


def _update_service(_original: Method, agents: bool, self: EC2ContainerServiceResponse) -> ActionResult:
    arguments = self._get_params()
    backend = self.ecs_backend
    service = backend._get_service(arguments.get("cluster", "default"), arguments["service"].split("/")[-1])
    if service.status != "ACTIVE":
        raise InvalidParameterException(f"Service {service.name} is {service.status}, not ACTIVE.")
    before = {name: _current(service, name) for name in REDEPLOYING_ARGUMENTS.split()}
    _require_load_balancers(backend, arguments)
    strategy = arguments.get("capacityProviderStrategy")
    ecs_placement.require_providers(backend._get_cluster(service.cluster_name), strategy or ())
    _keep(service, arguments)
    if strategy is not None:
        _set_capacity(service, strategy)
    if "taskDefinition" in arguments:
        service.task_definition = backend.describe_task_definition(arguments["taskDefinition"]).arn
    if "desiredCount" in arguments:
        service.desired_count = arguments["desiredCount"]
    changed = before != {name: _current(service, name) for name in REDEPLOYING_ARGUMENTS.split()}
    if changed or arguments.get("forceNewDeployment"):
        for deployment in service.deployments:
            deployment["status"] = "ACTIVE"
        service.deployments.insert(0, new_deployment(service, service.desired_count))
    service.deployments[0]["desiredCount"] = service.desired_count
    if not agents:
        _settle(service)
    return ActionResult({"service": service})


def _delete_service(_original: Method, self: EC2ContainerServiceResponse) -> ActionResult:
    backend = self.ecs_backend
    service = backend._get_service(self._get_param("cluster", "default"), self._get_param("service").split("/")[-1])
    if service.desired_count > 0 and not self._get_param("force", False):
        raise InvalidParameterException("The service cannot be stopped while it is scaled above 0.")
    service.desired_count = 0
    for deployment in service.deployments:
        deployment["desiredCount"] = 0
    running = [
        task
        for task in backend.tasks.get(service.cluster_name, {}).values()
        if task.group == f"service:{service.name}" and task.last_status != "STOPPED"
    ]
    # The agent stops the tasks and sets INACTIVE.
    service.status = "DRAINING" if running else "INACTIVE"
    return ActionResult({"service": service})


def _require_load_balancers(backend: EC2ContainerServiceBackend, arguments: dict[str, Any]) -> None:
    elb = elbv2_backends[backend.account_id][backend.region_name]
    for entry in arguments.get("loadBalancers") or []:
        arn = entry.get("targetGroupArn")
        if arn is None:
            continue
        if arn not in elb.target_groups:
            raise InvalidParameterException(f"Unable to assume role or target group {arn} does not exist.")
        if not elb.target_groups[arn].load_balancer_arns:
            raise InvalidParameterException(
                f"The target group with targetGroupArn {arn} does not have an associated load balancer."
            )


def _keep(service: Service, arguments: dict[str, Any]) -> None:
    for name in KEPT_SERVICE_ARGUMENTS.split():
        if name in arguments:
            setattr(service, xform_name(name), arguments[name])


def _set_capacity(service: Service, strategy: Strategy) -> None:
    """Give the service a strategy, or with an empty one its launch type: ECS describes the one that it uses."""
    service.capacity_provider_strategy = list(strategy) or None
    service.launch_type = None if strategy else service.launch_type or "FARGATE"


def _current(service: Service, name: str) -> Any:
    return getattr(service, xform_name(name), None)


def _settle(service: Service) -> None:
    deployment = service.deployments[0]
    deployment["runningCount"] = service.running_count = service.desired_count
    deployment["rolloutState"] = "COMPLETED"
    deployment["rolloutStateReason"] = f"ECS deployment {deployment['id']} completed."
    service.deployments = [deployment]
