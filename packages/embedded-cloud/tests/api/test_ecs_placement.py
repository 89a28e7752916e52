"""Availability zones and capacity providers of ECS tasks."""

import dataclasses
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from embedded_cloud.agents.ecs.services.scheduler import ServiceScheduler
from embedded_cloud.cloud import EmbeddedCloud
from support.clouds import client, patched_for_agents, two_subnets

ON_DEMAND = {"capacityProvider": "FARGATE", "weight": 1}
SPOT = {"capacityProvider": "FARGATE_SPOT", "weight": 1}


@dataclasses.dataclass
class Cluster:
    """A cluster with the providers of Fargate, a task definition, and subnets in two zones. No agent runs."""

    cloud: EmbeddedCloud
    ecs: Any
    network: dict[str, Any]

    def run_tasks(self, **arguments: Any) -> list[dict[str, Any]]:
        ran = self.ecs.run_task(
            cluster="site", taskDefinition="web", networkConfiguration=self.network, **{"count": 2, **arguments}
        )
        arns = [task["taskArn"] for task in ran["tasks"]]
        return list(self.ecs.describe_tasks(cluster="site", tasks=arns)["tasks"])

    def create_service(self, count: int = 2, **arguments: Any) -> dict[str, Any]:
        how = {"cluster": "site", "taskDefinition": "web", "networkConfiguration": self.network}
        self.ecs.create_service(serviceName="web", desiredCount=count, **how, **arguments)
        return self.service()

    def service(self) -> dict[str, Any]:
        return dict(self.ecs.describe_services(cluster="site", services=["web"])["services"][0])

    def schedule(self) -> list[dict[str, Any]]:
        """Run a pass of the service scheduler and describe the service's tasks."""
        with self.cloud.context.lock:
            ServiceScheduler(self.cloud.context).reconcile()
        arns = self.ecs.list_tasks(cluster="site", serviceName="web")["taskArns"]
        return list(self.ecs.describe_tasks(cluster="site", tasks=arns)["tasks"])

    def set_default(self, *strategy: dict[str, Any]) -> None:
        self.ecs.put_cluster_capacity_providers(
            cluster="site",
            capacityProviders=["FARGATE", "FARGATE_SPOT"],
            defaultCapacityProviderStrategy=list(strategy),
        )


@pytest.fixture
def cluster(cloud: EmbeddedCloud) -> Iterator[Cluster]:
    ec2, ecs = client(cloud, "ec2"), client(cloud, "ecs")
    vpc, ids = two_subnets(ec2, "10.0")
    group = ec2.create_security_group(GroupName="tasks", Description="tasks", VpcId=vpc)["GroupId"]
    ecs.create_cluster(clusterName="site")
    ecs.register_task_definition(
        family="web",
        containerDefinitions=[{"name": "web", "image": "image"}],
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
    )
    made = Cluster(cloud, ecs, {"awsvpcConfiguration": {"subnets": ids, "securityGroups": [group]}})
    made.set_default()
    with patched_for_agents():
        yield made


def providers(tasks: list[dict[str, Any]]) -> Counter[str]:
    return Counter(task["capacityProviderName"] for task in tasks)


def subnet_of(task: dict[str, Any]) -> str:
    (attachment,) = task["attachments"]
    return next(str(one["value"]) for one in attachment["details"] if one["name"] == "subnetId")


def test_a_task_reports_the_zone_of_its_subnet(cluster: Cluster) -> None:
    for task in cluster.run_tasks(launchType="FARGATE"):
        (subnet,) = client(cluster.cloud, "ec2").describe_subnets(SubnetIds=[subnet_of(task)])["Subnets"]
        assert task["availabilityZone"] == subnet["AvailabilityZone"]


def test_the_tasks_of_a_service_are_spread_over_the_zones(cluster: Cluster) -> None:
    cluster.create_service(4, launchType="FARGATE")
    zones = Counter(task["availabilityZone"] for task in cluster.schedule())
    assert zones == {"us-east-1a": 2, "us-east-1b": 2}


def test_a_replaced_task_runs_in_the_zone_that_it_left(cluster: Cluster) -> None:
    cluster.create_service(launchType="FARGATE")
    second = next(task for task in cluster.schedule() if task["availabilityZone"] == "us-east-1a")
    cluster.ecs.stop_task(cluster="site", task=second["taskArn"])
    assert {task["availabilityZone"] for task in cluster.schedule()} == {"us-east-1a", "us-east-1b"}


def test_a_service_with_a_strategy_reports_it_and_has_no_launch_type(cluster: Cluster) -> None:
    service = cluster.create_service(capacityProviderStrategy=[SPOT])
    assert service["capacityProviderStrategy"] == [SPOT]
    assert "launchType" not in service


def test_a_service_with_a_launch_type_has_no_strategy(cluster: Cluster) -> None:
    cluster.set_default(SPOT)
    service = cluster.create_service(launchType="FARGATE")
    assert service["launchType"] == "FARGATE"
    assert "capacityProviderStrategy" not in service
    assert all("capacityProviderName" not in task for task in cluster.schedule())


def test_a_service_with_neither_has_the_strategy_of_its_cluster(cluster: Cluster) -> None:
    cluster.set_default(SPOT)
    assert cluster.create_service()["capacityProviderStrategy"] == [SPOT]


def test_an_empty_strategy_takes_a_service_back_to_its_launch_type(cluster: Cluster) -> None:
    cluster.create_service(capacityProviderStrategy=[SPOT])
    cluster.ecs.update_service(cluster="site", service="web", capacityProviderStrategy=[])
    assert cluster.service()["launchType"] == "FARGATE"
    assert "capacityProviderStrategy" not in cluster.service()


def test_a_launch_type_beside_a_strategy_is_refused(cluster: Cluster) -> None:
    with pytest.raises(cluster.ecs.exceptions.InvalidParameterException, match="both a launch type and capacity"):
        cluster.create_service(launchType="FARGATE", capacityProviderStrategy=[SPOT])


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ([SPOT], {"FARGATE_SPOT": 4}),
        ([ON_DEMAND, {**SPOT, "weight": 3}], {"FARGATE": 1, "FARGATE_SPOT": 3}),
        ([{**ON_DEMAND, "base": 2, "weight": 0}, SPOT], {"FARGATE": 2, "FARGATE_SPOT": 2}),
        ([{"capacityProvider": "FARGATE_SPOT"}], {"FARGATE_SPOT": 4}),
    ],
    ids=["one provider", "weights", "base", "no weight"],
)
def test_each_task_of_a_strategy_names_its_provider(
    cluster: Cluster, strategy: list[dict[str, Any]], expected: dict[str, int]
) -> None:
    cluster.create_service(4, capacityProviderStrategy=strategy)
    tasks = cluster.schedule()
    assert providers(tasks) == expected
    assert {task["launchType"] for task in tasks} == {"FARGATE"}


def test_further_tasks_of_a_service_count_the_base_that_runs(cluster: Cluster) -> None:
    strategy = [{**ON_DEMAND, "base": 1, "weight": 0}, SPOT]
    cluster.create_service(1, capacityProviderStrategy=strategy)
    assert providers(cluster.schedule()) == {"FARGATE": 1}
    cluster.ecs.update_service(cluster="site", service="web", desiredCount=3)
    assert providers(cluster.schedule()) == {"FARGATE": 1, "FARGATE_SPOT": 2}


def test_run_task_takes_a_strategy_or_the_one_of_the_cluster(cluster: Cluster) -> None:
    tasks = cluster.run_tasks(capacityProviderStrategy=[ON_DEMAND, SPOT])
    assert providers(tasks) == {"FARGATE": 1, "FARGATE_SPOT": 1}
    cluster.set_default(SPOT)
    tasks = cluster.run_tasks()
    assert providers(tasks) == {"FARGATE_SPOT": 2}
    assert {task["launchType"] for task in tasks} == {"FARGATE"}


def test_run_task_uses_only_capacity_providers_of_its_cluster(cluster: Cluster) -> None:
    with pytest.raises(cluster.ecs.exceptions.InvalidParameterException, match="GPU was not found"):
        cluster.run_tasks(capacityProviderStrategy=[{"capacityProvider": "GPU"}])
