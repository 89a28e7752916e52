"""Clusters, task definitions and services, through the provider protocol."""

import json
import threading
from typing import Any

import pytest
from moto.backends import get_backend
from moto.core.responses import ActionResult
from moto.ecs.responses import EC2ContainerServiceResponse

from embedded_cloud.providers.aws.ecs import rollout

CLUSTER = "aws:ecs/cluster:Cluster"
TASK = "aws:ecs/taskDefinition:TaskDefinition"
SERVICE = "aws:ecs/service:Service"
WEB = {"name": "web", "image": "web@sha256:1", "portMappings": [{"containerPort": 8443}]}


def task_inputs(*containers: dict[str, Any], family: str = "web") -> dict[str, Any]:
    return {
        "family": family,
        "cpu": "256",
        "memory": "512",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
        "volumes": [{"name": "exec"}],
        "containerDefinitions": json.dumps(containers or [WEB]),
        "tags": {"a": "b"},
    }


@pytest.fixture(scope="module")
def subnet(emulation: Any) -> str:
    ec2 = emulation.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    return str(ec2.create_subnet(VpcId=vpc, CidrBlock="10.8.0.0/24")["Subnet"]["SubnetId"])


@pytest.fixture(scope="module")
def inputs(emulation: Any, subnet: str) -> dict[str, Any]:
    """Inputs of a service, never changed by a test."""
    cluster = emulation.resource(CLUSTER, settings=[{"name": "containerInsights", "value": "enhanced"}])
    return {
        "cluster": cluster.id,
        "taskDefinition": emulation.resource(TASK, **task_inputs()).state["arn"],
        "desiredCount": 2,
        "launchType": "FARGATE",
        "platformVersion": "LATEST",
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        "deploymentMinimumHealthyPercent": 100,
        "deploymentMaximumPercent": 200,
        "healthCheckGracePeriodSeconds": 60,
        "enableExecuteCommand": True,
        "enableEcsManagedTags": True,
        "propagateTags": "SERVICE",
        "networkConfiguration": {"subnets": [subnet], "securityGroups": [], "assignPublicIp": False},
        "tags": {"a": "b"},
    }


def backend_service(service: Any) -> Any:
    services = get_backend("ecs")["123456789012"]["us-east-1"].services
    return next(one for one in services.values() if one.arn == service.id)


def test_a_cluster_keeps_its_settings(emulation: Any) -> None:
    settings = [{"name": "containerInsights", "value": "enhanced"}]
    cluster = emulation.resource(CLUSTER, "kept", settings=settings, tags={"a": "b"})
    assert cluster.drift() == {}
    cluster.assert_deletable()


def test_capacity_providers_belong_to_a_cluster(emulation: Any) -> None:
    cluster = emulation.resource(CLUSTER, "fargate", tags={"a": "b"})
    token = "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders"
    strategy = [{"capacityProvider": "FARGATE", "weight": 1}]
    providers = emulation.resource(
        token,
        clusterName=cluster.state["name"],
        capacityProviders=["FARGATE"],
        defaultCapacityProviderStrategies=strategy,
    )
    assert providers.drift() == {}


def test_a_task_definition_shows_no_drift_and_every_change_is_a_new_revision(emulation: Any) -> None:
    task = emulation.resource(TASK, "web", **task_inputs())
    assert task.drift() == {}
    assert task.diff(**task_inputs()) == (set(), set())
    reordered = task_inputs({**dict(reversed(WEB.items())), "essential": True, "environment": []})
    assert task.diff(**reordered) == (set(), set())
    changed = {"containerDefinitions"}
    assert task.diff(**task_inputs({**WEB, "image": "web@sha256:2"})) == (changed, changed)
    assert task.diff(**{**task_inputs(), "cpu": "512"}) == ({"cpu"}, {"cpu"})


def test_the_old_revision_is_deregistered_unless_skip_destroy_is_set(emulation: Any) -> None:
    gone = emulation.resource(TASK, "gone", **task_inputs(family="gone"))
    gone.assert_deletable()
    kept = emulation.resource(TASK, "kept", **task_inputs(family="kept"), skipDestroy=True)
    kept.delete()
    assert kept.is_there()
    kept.up(**task_inputs(family="kept"), skipDestroy=False)
    kept.assert_deletable()


def test_a_secret_that_does_not_exist_is_refused_with_container_and_variable(emulation: Any, refusal: Any) -> None:
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:nothing-abcdef"
    container = {**WEB, "secrets": [{"name": "SECRET_KEY", "valueFrom": f"{arn}:SECRET_KEY::1"}]}
    said = refusal(lambda: emulation.resource(TASK, "lost", **task_inputs(container)))
    assert said == f'containerDefinitions: container web: there is no secret "{arn}" (variable SECRET_KEY)'


def test_a_log_group_that_does_not_exist_is_refused(emulation: Any, refusal: Any) -> None:
    container = {**WEB, "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "nowhere"}}}
    said = refusal(lambda: emulation.resource(TASK, "lost", **task_inputs(container)))
    assert said == 'containerDefinitions: container web: there is no log group "nowhere"'


def test_a_service_has_no_drift_and_drains_before_it_is_deleted(emulation: Any, inputs: dict[str, Any]) -> None:
    service = emulation.resource(SERVICE, "web", **inputs)
    service.check_life()


def test_a_new_release_updates_in_place_and_leaves_the_scaled_count_alone(
    emulation: Any, inputs: dict[str, Any]
) -> None:
    service = emulation.resource(SERVICE, "scaled", **inputs)
    emulation.client("ecs").update_service(cluster=inputs["cluster"], service=service.state["name"], desiredCount=5)
    release = emulation.resource(TASK, "next", **task_inputs({**WEB, "image": "web@sha256:2"})).state["arn"]
    changed = {**inputs, "taskDefinition": release}
    assert service.diff(**changed) == ({"taskDefinition"}, set())
    service.up(**changed)
    assert service.state["taskDefinition"] == release
    assert service.state["desiredCount"] == 5


def test_scaling_by_hand_is_drift(emulation: Any, inputs: dict[str, Any]) -> None:
    service = emulation.resource(SERVICE, "drifting", **inputs)
    emulation.client("ecs").update_service(cluster=inputs["cluster"], service=service.state["name"], desiredCount=5)
    assert service.drift() == {"desiredCount": (2, 5)}


def test_the_capacity_providers_of_a_service_are_read_back(emulation: Any, inputs: dict[str, Any]) -> None:
    emulation.client("ecs").put_cluster_capacity_providers(
        cluster=inputs["cluster"], capacityProviders=["FARGATE", "FARGATE_SPOT"], defaultCapacityProviderStrategy=[]
    )
    strategy = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    chosen = {name: value for name, value in inputs.items() if name != "launchType"}
    service = emulation.resource(SERVICE, "spot", **chosen, capacityProviderStrategies=strategy)
    assert service.state["capacityProviderStrategies"] == strategy
    assert service.drift() == {}
    described = [{**strategy[0], "base": 0}]
    assert service.diff(**chosen, capacityProviderStrategies=described) == (set(), set())
    other = [{"capacityProvider": "FARGATE", "weight": 1}]
    emulation.client("ecs").update_service(
        cluster=inputs["cluster"], service=service.state["name"], capacityProviderStrategy=other
    )
    assert service.drift() == {"capacityProviderStrategies": (strategy, other)}


def test_another_cluster_or_launch_type_replaces(emulation: Any, inputs: dict[str, Any]) -> None:
    service = emulation.resource(SERVICE, "fixed", **inputs)
    assert service.diff(**{**inputs, "launchType": "EC2"})[1] == {"launchType"}
    assert service.diff(**{**inputs, "cluster": inputs["cluster"] + "x"})[1] == {"cluster"}


@pytest.fixture
def _no_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    """ECS accepts an update and deploys nothing."""
    monkeypatch.setattr(rollout, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(EC2ContainerServiceResponse, "update_service", _accept)


def _accept(_: EC2ContainerServiceResponse) -> ActionResult:
    return ActionResult({"service": {}})


def set_rollout(service: Any, state: str) -> None:
    for deployment in backend_service(service).deployments:
        deployment["rolloutState"] = state


@pytest.mark.usefixtures("_no_deployment")
def test_a_steady_state_is_waited_for(emulation: Any, inputs: dict[str, Any]) -> None:
    service = emulation.resource(SERVICE, "steady", **inputs)
    set_rollout(service, "IN_PROGRESS")
    completed = threading.Timer(0.3, set_rollout, (service, "COMPLETED"))
    completed.start()
    service.up(**inputs, waitForSteadyState=True)
    assert not completed.is_alive()


def test_a_failed_release_fails_the_update_and_a_rollback_stays_visible(
    emulation: Any, inputs: dict[str, Any], refusal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = emulation.resource(SERVICE, "broken", **inputs)
    release = emulation.resource(TASK, "bad", **task_inputs({**WEB, "image": "web@sha256:bad"})).state["arn"]
    changed = {**inputs, "taskDefinition": release}
    service.up(**changed)
    set_rollout(service, "FAILED")
    with monkeypatch.context() as patch:
        patch.setattr(EC2ContainerServiceResponse, "update_service", _accept)
        said = refusal(lambda: service.up(**changed, waitForSteadyState=True))
    assert f"failed to roll out {release.rpartition('/')[2]}" in said
    emulation.client("ecs").update_service(
        cluster=inputs["cluster"], service=service.state["name"], taskDefinition=inputs["taskDefinition"]
    )
    assert service.drift()["taskDefinition"] == (release, inputs["taskDefinition"])
