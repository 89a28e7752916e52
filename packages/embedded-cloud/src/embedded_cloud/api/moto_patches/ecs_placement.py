"""ECS: where tasks run: their availability zones and capacity providers."""

import inspect
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from moto.ec2.models import ec2_backends
from moto.ecs.exceptions import InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend, Task

from embedded_cloud.api.moto_patches.replace import Method, wrap_method

FARGATE_PROVIDERS = ("FARGATE", "FARGATE_SPOT")

Strategy = Sequence[Mapping[str, Any]]
"""CapacityProviderStrategyItem of ECS's API, one for each provider."""


def apply() -> None:
    """Patch RunTask. moto starts every task in the first subnet, by the strategy's first provider."""
    wrap_method(EC2ContainerServiceBackend, "run_task", _run_task)
    wrap_method(Task, "__init__", _task_init)


def strategy_of(cluster: Any, arguments: Mapping[str, Any]) -> Strategy:
    """The strategy of a request, else the cluster's default one; empty for a launch type. Refuses what ECS refuses."""
    strategy: Strategy = arguments.get("capacityProviderStrategy") or ()
    if strategy and arguments.get("launchType"):
        raise InvalidParameterException(
            "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again."
        )
    require_providers(cluster, strategy)
    if not strategy and not arguments.get("launchType"):
        return cluster.default_capacity_provider_strategy or ()
    return strategy


def require_providers(cluster: Any, strategy: Strategy) -> None:
    for one in strategy:
        if one["capacityProvider"] not in (cluster.capacity_providers or []):
            raise InvalidParameterException(
                f"The specified capacity provider {one['capacityProvider']} was not found. Specify a valid name or ARN "
                "and try again."
            )


def assign_providers(tasks: Iterable[Task], strategy: Strategy, others: Iterable[Task]) -> None:
    """Set the provider of new tasks. `others` are the tasks that count for the strategy besides them."""
    counts = Counter(task.capacity_provider_name or "" for task in others)
    for task in tasks:
        task.capacity_provider_name = next_provider(strategy, counts)
        if task.capacity_provider_name in FARGATE_PROVIDERS:
            task.launch_type = "FARGATE"
        counts[task.capacity_provider_name] += 1


def next_provider(strategy: Strategy, counts: Mapping[str, int]) -> str:
    """The provider of the next task: bases come first, then the weights share out the rest.

    docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
    """
    for one in strategy:
        if counts.get(one["capacityProvider"], 0) < one.get("base", 0):
            return str(one["capacityProvider"])

    weighted = [one for one in strategy if one.get("weight")]

    def share(one: Mapping[str, Any]) -> float:
        return float((counts.get(one["capacityProvider"], 0) - one.get("base", 0) + 1) / one["weight"])

    return str((min(weighted, key=share) if weighted else strategy[0])["capacityProvider"])


def siblings(backend: EC2ContainerServiceBackend, cluster: str, group: str, started_by: str) -> list[Task]:
    """The tasks of the group that run or are starting: for a service, those of one deployment."""
    return [
        task
        for task in backend.tasks.get(cluster, {}).values()
        if (task.group, task.started_by, task.desired_status) == (group, started_by, "RUNNING")
    ]


def _run_task(original: Method, self: EC2ContainerServiceBackend, *arguments: Any, **named: Any) -> list[Task]:
    given = inspect.signature(original).bind(self, *arguments, **named).arguments
    cluster = self._get_cluster(given["cluster_str"])
    strategy = given.get("capacity_provider_strategy") or ()
    require_providers(cluster, strategy)
    tasks: list[Task] = original(self, *arguments, **named)
    if not given.get("launch_type") and (strategy := strategy or cluster.default_capacity_provider_strategy or ()):
        # A strategy counts the tasks of one request; those of a service are the service scheduler's.
        assign_providers(tasks, strategy, ())
    return tasks


def _task_init(original: Method, self: Task, *arguments: Any, **named: Any) -> None:
    bound = inspect.signature(original).bind(self, *arguments, **named)
    given = bound.arguments
    network = (given.get("networking_configuration") or {}).get("awsvpcConfiguration")
    if network is None or given["task_definition"].network_mode != "awsvpc":
        original(*bound.args, **bound.kwargs)
        return
    backend = given["backend"]
    others = siblings(backend, given["cluster"].name, given["group"], given.get("started_by", ""))
    counts = Counter(getattr(task, "availability_zone", "") for task in others)
    zones = {subnet: _zone(backend, subnet) for subnet in network["subnets"]}
    # moto takes the first subnet.
    subnets = sorted(network["subnets"], key=lambda subnet: counts[zones[subnet]])
    given["networking_configuration"] = {"awsvpcConfiguration": {**network, "subnets": subnets}}
    original(*bound.args, **bound.kwargs)
    self.availability_zone = zones[subnets[0]]


def _zone(backend: EC2ContainerServiceBackend, subnet: str) -> str:
    return str(ec2_backends[backend.account_id][backend.region_name].get_subnet(subnet).availability_zone)
