"""Patches of ECS: deployments, tasks, arguments of a service."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from embedded_cloud.cloud import EmbeddedCloud
from support.clouds import client, patched_for_agents, two_subnets

KEPT = {
    "deploymentConfiguration": {
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
    },
    "enableECSManagedTags": True,
    "enableExecuteCommand": True,
    "healthCheckGracePeriodSeconds": 60,
    "propagateTags": "SERVICE",
}


@dataclasses.dataclass
class Stage:
    """A cluster with a task definition, and a load balancer without a listener."""

    ecs: Any
    elb: Any
    network: dict[str, Any]
    target_group: str
    load_balancer: str

    def create_service(self, **arguments: Any) -> dict[str, Any]:
        created = self.ecs.create_service(
            cluster="site",
            serviceName="web",
            taskDefinition="web",
            desiredCount=2,
            launchType="FARGATE",
            networkConfiguration=self.network,
            **arguments,
        )
        return dict(created["service"])

    def register(self, image: str) -> None:
        self.ecs.register_task_definition(
            family="web",
            containerDefinitions=[{"name": "proxy", "image": image}, {"name": "web", "image": image}],
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
        )

    def listen(self) -> None:
        actions = [{"Type": "forward", "TargetGroupArn": self.target_group}]
        self.elb.create_listener(LoadBalancerArn=self.load_balancer, Port=80, Protocol="HTTP", DefaultActions=actions)


@pytest.fixture
def stage(cloud: EmbeddedCloud) -> Stage:
    ec2, ecs, elb = (client(cloud, service) for service in ("ec2", "ecs", "elbv2"))
    vpc, ids = two_subnets(ec2, "10.0")
    group = ec2.create_security_group(GroupName="tasks", Description="tasks", VpcId=vpc)["GroupId"]
    ecs.create_cluster(clusterName="site")
    target = elb.create_target_group(Name="web", Protocol="HTTPS", Port=8443, VpcId=vpc, TargetType="ip")
    stage = Stage(
        ecs=ecs,
        elb=elb,
        network={"awsvpcConfiguration": {"subnets": ids, "securityGroups": [group]}},
        target_group=target["TargetGroups"][0]["TargetGroupArn"],
        load_balancer=elb.create_load_balancer(Name="front", Subnets=ids)["LoadBalancers"][0]["LoadBalancerArn"],
    )
    stage.register("one")
    return stage


@pytest.fixture
def with_agents(stage: Stage) -> Iterator[Stage]:
    """moto patched for agents, and none running."""
    with patched_for_agents():
        yield stage


def test_every_argument_of_a_service_is_described(stage: Stage) -> None:
    stage.create_service(**KEPT)
    (service,) = stage.ecs.describe_services(cluster="site", services=["web"])["services"]
    assert {name: service[name] for name in KEPT} == KEPT
    assert service["platformVersion"] == "LATEST"


def test_a_service_needs_a_target_group_behind_a_listener(stage: Stage) -> None:
    balancers = [{"targetGroupArn": stage.target_group, "containerName": "proxy", "containerPort": 8443}]
    with pytest.raises(stage.ecs.exceptions.InvalidParameterException, match="does not have an associated"):
        stage.create_service(loadBalancers=balancers)
    stage.listen()
    assert stage.create_service(loadBalancers=balancers)["loadBalancers"] == balancers


def test_an_existing_service_is_not_created_again(stage: Stage) -> None:
    stage.create_service()
    with pytest.raises(stage.ecs.exceptions.InvalidParameterException, match="not idempotent"):
        stage.create_service()


def test_without_agents_a_service_is_steady_at_once(stage: Stage) -> None:
    (deployment,) = stage.create_service()["deployments"]
    assert (deployment["rolloutState"], deployment["runningCount"]) == ("COMPLETED", 2)


def test_without_agents_a_task_has_succeeded_at_once(stage: Stage) -> None:
    run = stage.ecs.run_task(
        cluster="site", taskDefinition="web", launchType="FARGATE", networkConfiguration=stage.network
    )
    (task,) = stage.ecs.describe_tasks(cluster="site", tasks=[run["tasks"][0]["taskArn"]])["tasks"]
    assert task["lastStatus"] == "STOPPED"
    assert [(c["name"], c["exitCode"]) for c in task["containers"]] == [("proxy", 0), ("web", 0)]


def test_a_new_task_definition_starts_a_deployment_beside_the_old_one(with_agents: Stage) -> None:
    with_agents.create_service()
    with_agents.register("two")
    updated = with_agents.ecs.update_service(cluster="site", service="web", taskDefinition="web")["service"]
    states = [(d["status"], d["taskDefinition"].rpartition("/")[2], d["runningCount"]) for d in updated["deployments"]]
    assert states == [("PRIMARY", "web:2", 0), ("ACTIVE", "web:1", 0)]


def test_another_desired_count_starts_no_deployment(with_agents: Stage) -> None:
    with_agents.create_service()
    updated = with_agents.ecs.update_service(cluster="site", service="web", desiredCount=5)["service"]
    assert [deployment["desiredCount"] for deployment in updated["deployments"]] == [5]
    assert updated["runningCount"] == 0


def test_a_task_waits_for_the_agent_however_often_it_is_described(with_agents: Stage) -> None:
    run = with_agents.ecs.run_task(
        cluster="site", taskDefinition="web", launchType="FARGATE", networkConfiguration=with_agents.network
    )
    for _ in range(5):
        found = with_agents.ecs.describe_tasks(cluster="site", tasks=[run["tasks"][0]["taskArn"]])["tasks"]
    assert found[0]["lastStatus"] == "PROVISIONING"
    assert all("exitCode" not in container for container in found[0]["containers"])


def test_a_stopped_task_runs_until_the_agent_stops_it(with_agents: Stage) -> None:
    run = with_agents.ecs.run_task(
        cluster="site", taskDefinition="web", launchType="FARGATE", networkConfiguration=with_agents.network
    )
    stopped = with_agents.ecs.stop_task(cluster="site", task=run["tasks"][0]["taskArn"], reason="enough")["task"]
    assert (stopped["desiredStatus"], stopped["lastStatus"]) == ("STOPPED", "PROVISIONING")
    assert stopped["stoppedReason"] == "enough"
    assert with_agents.ecs.list_tasks(cluster="site")["taskArns"] == []


def test_subnets_can_be_deleted_after_the_tasks_that_ran_in_them(stage: Stage, cloud: EmbeddedCloud) -> None:
    stage.ecs.run_task(cluster="site", taskDefinition="web", launchType="FARGATE", networkConfiguration=stage.network)
    assert [eni for eni in cloud.context.backend("ec2").enis.values() if eni.description == "moto ECS"] == []


def test_a_service_uses_only_capacity_providers_of_its_cluster(stage: Stage) -> None:
    wanted = {
        "cluster": "site",
        "serviceName": "worker",
        "taskDefinition": "web",
        "desiredCount": 1,
        "networkConfiguration": stage.network,
        "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
    }
    with pytest.raises(stage.ecs.exceptions.InvalidParameterException, match="FARGATE_SPOT was not found"):
        stage.ecs.create_service(**wanted)
    stage.ecs.put_cluster_capacity_providers(
        cluster="site", capacityProviders=["FARGATE_SPOT"], defaultCapacityProviderStrategy=[]
    )
    created = stage.ecs.create_service(**wanted)["service"]
    assert "launchType" not in created
    assert created["deployments"][0]["capacityProviderStrategy"] == wanted["capacityProviderStrategy"]
