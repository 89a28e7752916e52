"""The web and the migration task definition, with the containers in them."""

import json
from typing import Any

import pulumi
import pytest

from infra.ecs import server
from infra.ecs.containers import SECRET_KEYS
from infra.ecs.task_definition import task_definition
from tests.infra.ecs.arguments import SECRET, TASK
from tests.recorder import Recorder, new_engine

TASK_DEFINITION = "ecs/taskDefinition:TaskDefinition"


class Parent(pulumi.ComponentResource):
    def __init__(self) -> None:
        super().__init__("preqly:infra:Parent", "web")


def declare(stack: str = "test") -> Recorder:
    """Both task definitions, recorded."""
    engine = new_engine()
    pulumi.runtime.set_mocks(engine, project="preqly", stack=stack)

    def program() -> None:
        parent = Parent()
        task_definition("web", "web", TASK, parent)
        task_definition("web", "migration", TASK, parent)

    engine.run(program)
    return engine


@pytest.fixture(scope="module")
def tasks() -> dict[str, dict[str, Any]]:
    """Inputs of the web and of the migration task definition."""
    engine = declare()
    return {kind: engine.one(TASK_DEFINITION, f"web-{kind}-task") for kind in ("web", "migration")}


@pytest.fixture(scope="module")
def containers(tasks: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Every container definition by name: proxy, web and migrate."""
    found = [one for task in tasks.values() for one in json.loads(task["containerDefinitions"])]
    return {container["name"]: container for container in found}


def environment(container: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in container["environment"]}


def secrets(container: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["valueFrom"] for one in container["secrets"]}


def test_the_load_balancer_reaches_the_proxy_which_starts_after_the_application(
    containers: dict[str, dict[str, Any]],
) -> None:
    web, proxy = containers["web"], containers["proxy"]
    assert (web["image"], proxy["image"]) == ("registry/web@sha256:aa", "registry/proxy@sha256:bb")
    assert web["portMappings"] == containers["migrate"]["portMappings"] == []
    assert proxy["portMappings"] == [{"containerPort": 8443, "hostPort": 8443, "protocol": "tcp"}]
    assert "dependsOn" not in web
    assert proxy["dependsOn"] == [{"containerName": "web", "condition": "START"}]
    assert environment(proxy) == {
        "TRUSTED_PROXIES": "10.20.0.0/16",
        "CDN_NETWORKS": "192.0.2.0/24,2001:db8::/32",
        "REQUEST_TIMEOUT": "45",
        "UPSTREAM": "127.0.0.1:8005",
    }
    for definition in (web, proxy):
        assert definition["healthCheck"]["command"] == ["CMD", "/usr/local/bin/healthcheck"]
        assert definition["healthCheck"]["timeout"] < definition["healthCheck"]["interval"]


def test_the_application_gets_its_hosts_its_release_and_its_bucket(containers: dict[str, dict[str, Any]]) -> None:
    assert environment(containers["web"]) == {
        "ALLOWED_HOSTS": "app.preqly.com,www.preqly.com,localhost",
        "DEFAULT_FROM_EMAIL": "no-reply@app.preqly.com",
        "CSRF_TRUSTED_ORIGINS": "https://app.preqly.com,https://www.preqly.com",
        "MEDIA_BUCKET": "media",
        "RELEASE": "0123456789ab-cdef",
        "WEB_CONCURRENCY": "2",
        "WEB_THREADS": "3",
        "REQUEST_TIMEOUT": "45",
    }


def test_the_migration_runs_the_image_that_is_about_to_serve_with_another_command(
    containers: dict[str, dict[str, Any]],
) -> None:
    web, migrate = containers["web"], containers["migrate"]
    assert migrate["command"] == ["python", "manage.py", "migrate", "--noinput"]
    assert (migrate["image"], migrate["environment"]) == (web["image"], web["environment"])
    assert "healthCheck" not in migrate


def test_secrets_are_references_to_a_version_and_only_the_migration_connects_as_the_owner(
    containers: dict[str, dict[str, Any]],
) -> None:
    assert secrets(containers["proxy"]) == {}
    served = {
        name: f"{SECRET}:{name}::v-1" for name in ("DATABASE_URL", "EMAIL_URL", "SECRET_KEY", "SECRET_KEY_FALLBACKS")
    }
    assert secrets(containers["web"]) == served
    assert secrets(containers["migrate"]) == {
        **served,
        # Without a version: a rotation changes the owner's password in place, before the next release runs.
        "DATABASE_URL": f"{SECRET}:OWNER_DATABASE_URL::",
        "APPLICATION_DATABASE_URL": f"{SECRET}:DATABASE_URL::v-1",
    }
    read = {reference.split(":")[7] for container in containers.values() for reference in secrets(container).values()}
    assert set(SECRET_KEYS) == read


@pytest.mark.parametrize("name", ["web", "proxy", "migrate"])
def test_every_container_is_hardened(containers: dict[str, dict[str, Any]], name: str) -> None:
    definition = containers[name]
    assert definition["user"] == "10001:10001"
    assert definition["readonlyRootFilesystem"] is True
    assert definition["privileged"] is False
    assert definition["linuxParameters"]["capabilities"] == {"add": [], "drop": ["ALL"]}
    (tmp,) = definition["linuxParameters"]["tmpfs"]
    assert tmp["containerPath"] == "/tmp"  # noqa: S108
    assert set(tmp["mountOptions"]) == {"mode=1777", "nodev", "noexec", "nosuid"}
    assert definition["essential"] is True
    assert definition["stopTimeout"] == server.STOP_TIMEOUT


def test_every_container_logs_to_one_group_with_the_task_as_prefix_and_never_blocks(
    tasks: dict[str, dict[str, Any]],
) -> None:
    for kind, task in tasks.items():
        for container in json.loads(task["containerDefinitions"]):
            assert container["logConfiguration"]["logDriver"] == "awslogs"
            options = container["logConfiguration"]["options"]
            assert (options["awslogs-group"], options["awslogs-region"]) == ("app-logs", "us-east-1")
            assert (options["awslogs-stream-prefix"], options["mode"]) == (kind, "non-blocking")


def test_ecs_exec_works_in_a_read_only_container_on_declared_volumes(tasks: dict[str, dict[str, Any]]) -> None:
    for kind, paths in {
        "web": {"/managed-agents", "/var/lib/amazon/ssm", "/var/log/amazon/ssm"},
        "migration": set(),
    }.items():
        definitions = json.loads(tasks[kind]["containerDefinitions"])
        mounts = [mount for container in definitions for mount in container["mountPoints"]]
        assert {mount["containerPath"] for mount in mounts} == paths
        assert not any(mount["readOnly"] for mount in mounts)
        declared = {volume["name"] for volume in tasks[kind].get("volumes", [])}
        assert {mount["sourceVolume"] for mount in mounts} == declared


def test_the_document_has_the_form_that_ecs_returns(tasks: dict[str, dict[str, Any]]) -> None:
    definitions = json.loads(tasks["web"]["containerDefinitions"])
    assert [definition["name"] for definition in definitions] == ["proxy", "web"]
    for definition in definitions:
        assert definition["cpu"] == 0
        assert definition["systemControls"] == definition["volumesFrom"] == []


@pytest.mark.parametrize(("kind", "role"), [("web", "role-task"), ("migration", "role-migration")])
def test_a_task_has_the_size_roles_and_cpu_architecture_of_its_arguments(
    tasks: dict[str, dict[str, Any]], kind: str, role: str
) -> None:
    inputs = tasks[kind]
    assert inputs["family"] == f"preqly-test-{kind}"
    assert (inputs["cpu"], inputs["memory"]) == ("512", "1024")
    assert inputs["runtimePlatform"] == {"operatingSystemFamily": "LINUX", "cpuArchitecture": "ARM64"}
    assert (inputs["executionRoleArn"], inputs["taskRoleArn"]) == ("role-execution", role)
    assert inputs["networkMode"] == "awsvpc"
    assert inputs["requiresCompatibilities"] == ["FARGATE"]
    # A rollback runs an earlier revision.
    assert inputs["skipDestroy"] is True


@pytest.mark.parametrize("stack", ["prod.eu", "feature_1"])
def test_any_stack_name_makes_a_legal_family(stack: str) -> None:
    family = declare(stack).one(TASK_DEFINITION, "web-web-task")["family"]
    assert set(family) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_")
