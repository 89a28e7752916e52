import json
from typing import Any

import pytest

from infra.task_definition import EcsTarget, render_task_definition, volume_names
from infra.workload import Container, Release, migration, web_service

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:application-a1b2c3"
TARGET = EcsTarget(
    secret_arn=SECRET, secret_version="v-1", log_group="preqly-logs", region="us-east-1", stream_prefix="web"
)
RELEASE = Release(
    web_image="registry/web@sha256:aa",
    proxy_image="registry/proxy@sha256:bb",
    version="1",
    domains=("app.preqly.com",),
    allowed_hosts=(),
    sender="no-reply@app.preqly.com",
    media_bucket="media",
    vpc_cidr="10.20.0.0/16",
    cpu=256,
)
ALL = [*web_service(RELEASE), *migration(RELEASE)]


def rendered(*containers: Container) -> list[dict[str, Any]]:
    document: list[dict[str, Any]] = json.loads(render_task_definition(containers, TARGET))
    return document


@pytest.mark.parametrize("container", ALL, ids=lambda container: container.name)
def test_every_container_is_hardened(container: Container) -> None:
    (definition,) = rendered(container)
    assert definition["user"] == "10001:10001"
    assert definition["readonlyRootFilesystem"] is True
    assert definition["privileged"] is False
    assert definition["linuxParameters"]["capabilities"] == {"add": [], "drop": ["ALL"]}
    (tmp,) = definition["linuxParameters"]["tmpfs"]
    assert tmp["containerPath"] == "/tmp"  # noqa: S108
    assert set(tmp["mountOptions"]) == {"mode=1777", "nodev", "noexec", "nosuid"}
    assert definition["essential"] is True
    assert definition["stopTimeout"] == 10


@pytest.mark.parametrize("container", ALL, ids=lambda container: container.name)
def test_every_container_logs_to_the_group_without_ever_waiting_for_it(container: Container) -> None:
    (definition,) = rendered(container)
    assert definition["logConfiguration"]["logDriver"] == "awslogs"
    options = definition["logConfiguration"]["options"]
    assert options["awslogs-group"] == "preqly-logs"
    assert options["awslogs-region"] == "us-east-1"
    assert options["awslogs-stream-prefix"] == "web"
    assert options["mode"] == "non-blocking"


def test_secrets_are_named_by_arn_key_and_version() -> None:
    proxy, web = rendered(*web_service(RELEASE))
    assert web["secrets"] == [
        {"name": "DATABASE_URL", "valueFrom": f"{SECRET}:DATABASE_URL::v-1"},
        {"name": "EMAIL_URL", "valueFrom": f"{SECRET}:EMAIL_URL::v-1"},
        {"name": "SECRET_KEY", "valueFrom": f"{SECRET}:SECRET_KEY::v-1"},
        {"name": "SECRET_KEY_FALLBACKS", "valueFrom": f"{SECRET}:SECRET_KEY_FALLBACKS::v-1"},
    ]
    assert proxy["secrets"] == []


def test_only_the_owner_of_the_database_is_read_without_a_version() -> None:
    (migrate,) = rendered(*migration(RELEASE))
    read = {one["name"]: one["valueFrom"] for one in migrate["secrets"]}
    # A rotation changes the owner's password in place, before anything of the next release runs.
    assert read["DATABASE_URL"] == f"{SECRET}:OWNER_DATABASE_URL::"
    assert read["APPLICATION_DATABASE_URL"] == f"{SECRET}:DATABASE_URL::v-1"
    assert {name for name, reference in read.items() if not reference.endswith(":v-1")} == {"DATABASE_URL"}


def test_only_the_proxy_maps_a_port() -> None:
    proxy, web = rendered(*web_service(RELEASE))
    assert web["portMappings"] == []
    assert proxy["portMappings"] == [{"containerPort": 8443, "hostPort": 8443, "protocol": "tcp"}]


def test_the_proxy_starts_after_the_application_and_both_are_asked_for_their_health() -> None:
    proxy, web = rendered(*web_service(RELEASE))
    assert "dependsOn" not in web
    assert proxy["dependsOn"] == [{"containerName": "web", "condition": "START"}]
    for definition in (web, proxy):
        assert definition["healthCheck"]["command"] == ["CMD", "/usr/local/bin/healthcheck"]
        assert definition["healthCheck"]["timeout"] < definition["healthCheck"]["interval"]


def test_the_migration_overrides_the_command_and_has_no_health() -> None:
    (definition,) = rendered(*migration(RELEASE))
    assert definition["command"] == ["python", "manage.py", "migrate", "--noinput"]
    assert "healthCheck" not in definition


def test_a_shell_opens_in_a_read_only_container() -> None:
    web, proxy = web_service(RELEASE)
    (definition,) = rendered(web)
    paths = {mount["containerPath"] for mount in definition["mountPoints"]}
    assert paths == {"/managed-agents", "/var/lib/amazon/ssm", "/var/log/amazon/ssm"}
    assert not any(mount["readOnly"] for mount in definition["mountPoints"])
    assert {mount["sourceVolume"] for mount in definition["mountPoints"]} == set(volume_names([web, proxy]))


def test_the_document_has_the_form_in_which_ecs_gives_it_back() -> None:
    definitions = rendered(*web_service(RELEASE))
    assert [definition["name"] for definition in definitions] == ["proxy", "web"]
    for definition in definitions:
        assert definition["cpu"] == 0
        assert definition["systemControls"] == definition["volumesFrom"] == []
        assert definition["linuxParameters"]["capabilities"]["add"] == []


def test_the_same_containers_give_the_same_text_whatever_the_order_of_their_variables() -> None:
    one = Container(name="web", image="i", environment={"A": "1", "B": "2"}, secrets={"X": "1", "Y": "2"})
    two = Container(name="web", image="i", environment={"B": "2", "A": "1"}, secrets={"Y": "2", "X": "1"})
    assert render_task_definition([one], TARGET) == render_task_definition([two], TARGET)
