"""The web and the migration task definition, with the containers in them."""

import json
from dataclasses import replace
from typing import Any

import pulumi
import pytest

from infra.ecs.containers import SECRET_KEYS, Variables
from infra.ecs.task_definition import TaskArgs, migration_task, task_definition, web_task
from tests.infra.ecs.arguments import SECRET, TASK
from tests.recorder import Recorder, new_engine

TASK_DEFINITION = "ecs/taskDefinition:TaskDefinition"


class Parent(pulumi.ComponentResource):
    def __init__(self) -> None:
        super().__init__("preqly:infra:Parent", "web")


def declare(stack: str = "test", args: TaskArgs = TASK) -> Recorder:
    """Both task definitions, recorded."""
    engine = new_engine()
    pulumi.runtime.set_mocks(engine, project="preqly", stack=stack)

    def program() -> None:
        parent = Parent()
        task_definition("web", web_task(args), args, parent)
        task_definition("web", migration_task(args), args, parent)

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


def test_with_websockets_both_containers_get_the_signal_to_stop_at_once() -> None:
    """A dependency lets the proxy stop first, and it cuts WebSockets before the application closes them."""
    task = declare(args=replace(TASK, sockets=True)).one(TASK_DEFINITION, "web-web-task")
    assert not any("dependsOn" in one for one in json.loads(task["containerDefinitions"]))


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


OWN = f"{SECRET}-environment"
EXISTING = "arn:aws:ssm:us-east-1:123456789012:parameter/team/token"
VARIABLES = Variables(
    plain={"FEATURE": "on", "STRIPE_PUBLISHABLE_KEY": "pk_live_1"},
    public=("STRIPE_PUBLISHABLE_KEY",),
    references={"STRIPE_KEY": f"{OWN}:STRIPE_KEY::v-9", "TEAM_TOKEN": EXISTING},
    versions={"TEAM_TOKEN": "3"},
)


def test_the_applications_own_variables_reach_its_containers_and_not_the_proxy(
    containers: dict[str, dict[str, Any]],
) -> None:
    engine = declare(args=replace(TASK, variables=pulumi.Output.from_input(VARIABLES)))
    for kind in ("web", "migration"):
        for found in json.loads(engine.one(TASK_DEFINITION, f"web-{kind}-task")["containerDefinitions"]):
            before = containers[found["name"]]
            own = found["name"] != "proxy"
            assert environment(found) == {**environment(before), **(VARIABLES.plain if own else {})}
            assert secrets(found) == {**secrets(before), **(VARIABLES.references if own else {})}
            assert [one["name"] for one in found["secrets"]] == sorted(secrets(found))
            assert found.get("dockerLabels") == ({"secret-version.TEAM_TOKEN": "3"} if own else None)


def test_a_new_version_of_an_existing_secret_makes_a_new_task_definition() -> None:
    documents = {
        declare(args=replace(TASK, variables=replace(VARIABLES, versions={"TEAM_TOKEN": version}))).one(
            TASK_DEFINITION, "web-web-task"
        )["containerDefinitions"]
        for version in ("3", "4", "4")
    }
    assert len(documents) == 2


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
    assert definition["stopTimeout"] == TASK.stop_seconds


def test_every_container_logs_to_one_group_with_the_task_as_prefix_and_never_blocks(
    tasks: dict[str, dict[str, Any]],
) -> None:
    for kind, task in tasks.items():
        for container in json.loads(task["containerDefinitions"]):
            assert container["logConfiguration"]["logDriver"] == "awslogs"
            options = container["logConfiguration"]["options"]
            assert (options["awslogs-group"], options["awslogs-region"]) == ("app-logs", "us-east-1")
            assert (options["awslogs-stream-prefix"], options["mode"]) == (kind, "non-blocking")


def test_ecs_exec_and_uploads_have_declared_volumes_in_a_read_only_container(tasks: dict[str, dict[str, Any]]) -> None:
    for kind, paths in {
        "web": {"/managed-agents", "/var/lib/amazon/ssm", "/var/log/amazon/ssm", "/srv/uploads"},
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


def test_the_application_decides_how_long_its_containers_start_and_stop() -> None:
    engine = declare(args=replace(TASK, start_seconds=90, stop_seconds=120))
    definitions = json.loads(engine.one(TASK_DEFINITION, "web-web-task")["containerDefinitions"])
    assert [one["healthCheck"]["startPeriod"] for one in definitions] == [90, 90]
    assert [one["stopTimeout"] for one in definitions] == [120, 120]


def test_a_large_migration_has_a_task_of_its_own_size() -> None:
    engine = declare(args=replace(TASK, migration_size=(2048, 8192)))
    sizes = {kind: engine.one(TASK_DEFINITION, f"web-{kind}-task") for kind in ("web", "migration")}
    assert {kind: (one["cpu"], one["memory"]) for kind, one in sizes.items()} == {
        "web": ("512", "1024"),
        "migration": ("2048", "8192"),
    }
