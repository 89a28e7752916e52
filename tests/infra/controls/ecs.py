"""Amazon ECS: AWS Foundational Security Best Practices."""

import re

from tests.infra.controls.stack import Stack, proves


@proves("ECS.2", "ECS.16")
def no_task_has_a_public_address(stack: Stack) -> None:
    for service in stack.some("ecs/service"):
        assert service.inputs["networkConfiguration"]["assignPublicIp"] is False
    assert not stack.all("ecs/taskSet")


@proves("ECS.3", "ECS.17")
def tasks_share_neither_processes_nor_network_with_a_host(stack: Stack) -> None:
    for task in stack.some("ecs/taskDefinition"):
        assert task.inputs["networkMode"] == "awsvpc"
        assert "pidMode" not in task.inputs
        assert "ipcMode" not in task.inputs


@proves("ECS.4")
def no_container_is_privileged(stack: Stack) -> None:
    assert all(container.get("privileged") is not True for container in stack.containers())


@proves("ECS.5")
def every_root_is_read_only(stack: Stack) -> None:
    assert all(container.get("readonlyRootFilesystem") is True for container in stack.containers())


@proves("ECS.8")
def no_secret_is_in_the_environment(stack: Stack) -> None:
    secret = re.compile("SECRET|PASSWORD|TOKEN|KEY|CREDENTIAL|DATABASE_URL|ECS_ENGINE_AUTH_DATA", re.IGNORECASE)
    for container in stack.containers():
        assert not [item["name"] for item in container["environment"] if secret.search(item["name"])]


@proves("ECS.9")
def every_container_logs(stack: Stack) -> None:
    assert all(container["logConfiguration"]["logDriver"] == "awslogs" for container in stack.containers())


@proves("ECS.10")
def the_platform_is_the_latest(stack: Stack) -> None:
    assert all(service.inputs["platformVersion"] == "LATEST" for service in stack.some("ecs/service"))


@proves("ECS.12")
def container_insights_are_on(stack: Stack) -> None:
    for cluster in stack.some("ecs/cluster"):
        insights = {setting["name"]: setting["value"] for setting in cluster.inputs["settings"]}
        assert insights["containerInsights"] in ("enabled", "enhanced")


@proves("ECS.13", "ECS.14", "ECS.15")
def service_cluster_and_tasks_are_tagged(stack: Stack) -> None:
    for kind in ("ecs/service", "ecs/cluster", "ecs/taskDefinition"):
        for resource in stack.some(kind):
            assert {"Project", "Stack"} <= set(resource.inputs["tags"])
    for service in stack.some("ecs/service"):
        assert service.inputs["propagateTags"] == "SERVICE"


@proves("ECS.18")
def volumes_shared_over_the_network_are_encrypted_on_the_way(stack: Stack) -> None:
    for task in stack.some("ecs/taskDefinition"):
        for volume in task.inputs.get("volumes", []):
            efs = volume.get("efsVolumeConfiguration", {"transitEncryption": "ENABLED"})
            assert efs.get("transitEncryption") == "ENABLED"


@proves("ECS.20")
def every_container_names_a_user_that_is_not_root(stack: Stack) -> None:
    for container in stack.containers():
        assert container.get("user", "0").partition(":")[0] not in ("0", "root")
