import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from infra.release import migration
from infra.release.shipped import Shipped
from infra.web_service import WebService
from infra.web_tasks import WebServiceArgs

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app"
SHIPPED = Shipped(
    web_image="registry/web@sha256:aa",
    proxy_image="registry/proxy@sha256:bb",
    tag="0123456789ab-cdef",
    revision="0a1b2c3d4e",
    sources="f0",
    architecture="arm64",
)
ARGS = WebServiceArgs(
    region="us-east-1",
    shipped=SHIPPED,
    record="/preqly/test/releases",
    latest=None,
    database="preqly-1a2b3c4d",
    snapshots=3,
    domains=["app.preqly.com"],
    allowed_hosts=["localhost"],
    sender="no-reply@app.preqly.com",
    media_bucket="media",
    secret_arn=SECRET,
    secret_version="v-1",
    log_group="app-logs",
    vpc_cidr="10.20.0.0/16",
    cpu=512,
    memory=1024,
    architecture="arm64",
    tasks=2,
    execution_role_arn="role-execution",
    task_role_arn="role-task",
    preparation_role_arn="role-preparation",
    subnet_ids=["subnet-a", "subnet-b"],
    security_group_id="sg-tasks",
    public_addresses=False,
    target_group_arn="target-group",
    ready=[],
)


@pytest.fixture
def service(engine: Any) -> Callable[..., dict[str, Any]]:
    """Declares a web service and returns the inputs of its ECS service."""

    def declare(**changes: Any) -> dict[str, Any]:
        engine.run(lambda: WebService("web", replace(ARGS, **changes)))
        inputs: dict[str, Any] = engine.one("ecs/service:Service")
        return inputs

    return declare


def task(engine: Any, kind: str) -> dict[str, Any]:
    inputs: dict[str, Any] = engine.one("ecs/taskDefinition:TaskDefinition", f"web-{kind}-task")
    return inputs


def test_capacity_never_drops_and_an_unhealthy_release_is_taken_back(service: Any) -> None:
    inputs = service()
    assert inputs["deploymentMinimumHealthyPercent"] == 100
    assert inputs["deploymentMaximumPercent"] == 200
    assert inputs["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    # The hooks wait, and say why when it comes to nothing.
    assert inputs["waitForSteadyState"] is False
    assert inputs["healthCheckGracePeriodSeconds"] >= 30


def test_the_load_balancer_reaches_the_proxy_and_nothing_else(engine: Any, service: Any) -> None:
    (target,) = service()["loadBalancers"]
    assert target == {"targetGroupArn": "target-group", "containerName": "proxy", "containerPort": 8443}
    containers = json.loads(task(engine, "web")["containerDefinitions"])
    mapped = {container["name"]: container["portMappings"] for container in containers if container["portMappings"]}
    assert [mapping["containerPort"] for mapping in mapped[target["containerName"]]] == [target["containerPort"]]
    assert len(mapped) == 1


@pytest.mark.parametrize("public", [True, False])
def test_tasks_have_a_public_address_only_where_it_is_their_only_way_out(service: Any, public: bool) -> None:
    network = service(public_addresses=public)["networkConfiguration"]
    assert network == {"subnets": ["subnet-a", "subnet-b"], "securityGroups": ["sg-tasks"], "assignPublicIp": public}


def test_the_service_runs_on_the_newest_platform_with_a_shell_and_its_tags_on_every_task(service: Any) -> None:
    inputs = service()
    assert (inputs["launchType"], inputs["platformVersion"]) == ("FARGATE", "LATEST")
    assert inputs["enableExecuteCommand"] is True
    assert inputs["enableEcsManagedTags"] is True
    assert inputs["propagateTags"] == "SERVICE"


def test_the_cluster_measures_its_containers(engine: Any, service: Any) -> None:
    service()
    assert engine.one("ecs/cluster:Cluster")["settings"] == [{"name": "containerInsights", "value": "enhanced"}]


@pytest.mark.parametrize(("kind", "role"), [("web", "role-task"), ("migration", "role-preparation")])
def test_a_task_has_the_size_the_roles_and_the_cpu_it_was_given(
    engine: Any, service: Any, kind: str, role: str
) -> None:
    service()
    inputs = task(engine, kind)
    assert inputs["family"] == f"preqly-test-{kind}"
    assert (inputs["cpu"], inputs["memory"]) == ("512", "1024")
    assert inputs["runtimePlatform"] == {"operatingSystemFamily": "LINUX", "cpuArchitecture": "ARM64"}
    assert (inputs["executionRoleArn"], inputs["taskRoleArn"]) == ("role-execution", role)
    assert inputs["networkMode"] == "awsvpc"
    assert inputs["requiresCompatibilities"] == ["FARGATE"]


def test_earlier_task_definitions_stay_for_a_rollback(engine: Any, service: Any) -> None:
    service()
    assert task(engine, "web")["skipDestroy"] is True


def test_every_volume_a_container_mounts_is_declared(engine: Any, service: Any) -> None:
    service()
    for kind in ("web", "migration"):
        inputs = task(engine, kind)
        containers = json.loads(inputs["containerDefinitions"])
        mounted = {mount["sourceVolume"] for container in containers for mount in container["mountPoints"]}
        assert mounted == {volume["name"] for volume in inputs.get("volumes", [])}


def test_both_tasks_log_to_one_group_and_are_told_apart_by_prefix(engine: Any, service: Any) -> None:
    service()
    for kind in ("web", "migration"):
        for container in json.loads(task(engine, kind)["containerDefinitions"]):
            options = container["logConfiguration"]["options"]
            assert (options["awslogs-group"], options["awslogs-stream-prefix"]) == ("app-logs", kind)


def test_the_migration_runs_the_image_that_is_about_to_serve(engine: Any, service: Any) -> None:
    service()
    (migrate,) = json.loads(task(engine, "migration")["containerDefinitions"])
    _, web = json.loads(task(engine, "web")["containerDefinitions"])
    assert migrate["image"] == web["image"] == "registry/web@sha256:aa"


def test_only_the_migration_is_told_the_role_that_owns_the_tables(engine: Any, service: Any) -> None:
    service()
    assert "OWNER_DATABASE_URL" in task(engine, "migration")["containerDefinitions"]
    assert "OWNER_DATABASE_URL" not in task(engine, "web")["containerDefinitions"]


def test_what_runs_is_told_as_it_would_be_recorded(engine: Any) -> None:
    release = engine.run(lambda: WebService("web", ARGS).release)
    assert (release.number, release.kind, release.withheld) == (1, "release", None)
    assert (release.tag, release.revision, release.web_image) == (SHIPPED.tag, SHIPPED.revision, SHIPPED.web_image)
    assert release.task_definition.endswith("task-definition/preqly-test-web:1")
    assert release.migration_task_definition.endswith("task-definition/preqly-test-migration:1")
    assert (release.region, release.cluster, release.service) == (
        "us-east-1",
        "web-cluster-1a2b3c4",
        "web-service-1a2b3c4",
    )
    assert (release.secret_arn, release.log_group, release.database) == (SECRET, "app-logs", "preqly-1a2b3c4d")


def test_a_zone_that_comes_back_gets_its_tasks_back(service: Any) -> None:
    assert service()["availabilityZoneRebalancing"] == "ENABLED"


def test_the_service_names_the_migration_that_runs_before_it(engine: Any, service: Any) -> None:
    inputs = service()
    asked = migration.task_of_service(inputs)
    assert asked.task_definition == inputs["tags"]["preqly:migration"]
    assert asked.task_definition.endswith("task-definition/preqly-test-migration:1")
    assert asked.cluster == inputs["cluster"]
    assert (asked.subnets, asked.security_groups) == (["subnet-a", "subnet-b"], ["sg-tasks"])


@pytest.mark.parametrize("name", ["prod.eu", "feature_1"])
def test_any_stack_name_makes_a_family_that_ecs_accepts(engine: Any, service: Any, name: str) -> None:
    pulumi.runtime.set_mocks(engine, project="preqly", stack=name)
    service()
    assert set(task(engine, "web")["family"]) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_")


def test_the_migration_goes_before_and_the_verdict_comes_after_every_release(engine: Any, service: Any) -> None:
    service()
    hooks = engine.options("ecs/service:Service", "web-service").hooks
    assert list(hooks.before_create) == list(hooks.before_update) == ["web-migration"]
    assert list(hooks.after_create) == list(hooks.after_update) == ["web-rollout"]
    assert not hooks.before_delete


def test_a_deploy_never_resets_what_autoscaling_decided(engine: Any, service: Any) -> None:
    service()
    assert list(engine.options("ecs/service:Service", "web-service").ignoreChanges) == ["desiredCount"]


def test_the_service_waits_for_what_a_task_needs_to_start(engine: Any) -> None:
    def program() -> Any:
        listener = aws.lb.Listener("https", load_balancer_arn="balancer", default_actions=[{"type": "forward"}])
        WebService("web", replace(ARGS, ready=[listener]))

    engine.run(program)
    dependencies = engine.options("ecs/service:Service", "web-service").dependencies
    assert [urn for urn in dependencies if urn.endswith("::https")]
