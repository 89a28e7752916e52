"""Which container definitions make a new revision."""

import json
from typing import Any

import pytest

from local.provider.aws.container_definitions import ContainerDefinitionsError, parse, same_containers

WEB: dict[str, Any] = {"name": "web", "image": "web@sha256:1", "essential": True}


def document(**changes: Any) -> str:
    return json.dumps([{**WEB, **changes}])


@pytest.mark.parametrize(
    "reported",
    [
        {"cpu": 0},
        {"mountPoints": [], "volumesFrom": [], "environment": []},
        {"privileged": False, "command": None},
        {"linuxParameters": {"initProcessEnabled": False}},
        {"systemControls": []},
    ],
)
def test_what_ecs_fills_in_is_no_change(reported: dict[str, Any]) -> None:
    assert same_containers(document(), document(**reported))


def test_a_port_of_the_host_follows_the_container() -> None:
    short = document(portMappings=[{"containerPort": 8443}])
    assert same_containers(short, document(portMappings=[{"containerPort": 8443, "hostPort": 8443, "protocol": "tcp"}]))


def test_the_order_of_variables_is_no_change() -> None:
    variables = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    assert same_containers(document(environment=variables), document(environment=variables[::-1]))


def test_a_whole_number_may_arrive_as_a_float() -> None:
    assert same_containers(document(memory=512), document(memory=512.0))


@pytest.mark.parametrize(
    "change",
    [
        {"image": "web@sha256:2"},
        {"readonlyRootFilesystem": True},
        {"essential": False},
        {"environment": [{"name": "A", "value": "1"}]},
        {"command": ["python", "manage.py"]},
        {"portMappings": [{"containerPort": 8443}]},
        {"linuxParameters": {"tmpfs": [{"containerPath": "/cache", "size": 64}]}},
    ],
)
def test_a_real_change_shows(change: dict[str, Any]) -> None:
    assert not same_containers(document(), document(**change))


def test_the_order_of_a_command_is_a_change() -> None:
    assert not same_containers(document(command=["a", "b"]), document(command=["b", "a"]))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "is no JSON"),
        ("{}", "must be a JSON list"),
        ("[]", "must be a JSON list"),
        ('[{"name": "web"}]', "container web: image is missing"),
        ('[{"image": "x"}]', "container 0: name is missing"),
    ],
)
def test_what_ecs_would_refuse_is_named(text: str, why: str) -> None:
    with pytest.raises(ContainerDefinitionsError, match=why):
        parse(text)
