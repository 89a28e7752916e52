"""JSON documents with the same meaning: policies, container definitions."""

import json
from typing import Any

import pytest

from embedded_cloud.providers.aws.documents import checked_documents, same_document, same_policy
from embedded_cloud.providers.aws.ecs.task_definition import ContainerDefinitionsError, parse, same_containers
from embedded_cloud.providers.values import UNKNOWN


def policy(**statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def test_order_of_keys_and_white_space_do_not_count() -> None:
    assert same_document('{"a": 1, "b": [1, 2]}', '{"b":[1,2],"a":1}')


def test_the_order_of_a_list_counts() -> None:
    assert not same_document('{"b": [1, 2]}', '{"b": [2, 1]}')


def test_one_action_may_be_written_as_a_list() -> None:
    assert same_policy(
        policy(Action="s3:GetObject", Resource=["b", "a"]), policy(Action=["s3:GetObject"], Resource=["a", "b"])
    )


def test_a_single_statement_may_stand_alone() -> None:
    alone = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject"}})
    assert same_policy(alone, policy(Action="s3:GetObject"))


def test_a_condition_may_be_a_boolean_or_its_text() -> None:
    secure = {"Bool": {"aws:SecureTransport": False}}
    as_text = {"Bool": {"aws:SecureTransport": "false"}}
    assert same_policy(policy(Condition=secure), policy(Condition=as_text))


@pytest.mark.parametrize("action", ["s3:*", ["s3:GetObject", "s3:PutObject"]])
def test_a_wider_policy_is_another_policy(action: object) -> None:
    assert not same_policy(policy(Action="s3:GetObject"), policy(Action=action))


def test_the_order_of_statements_counts() -> None:
    one, two = {"Effect": "Allow", "Action": "a:b"}, {"Effect": "Deny", "Action": "c:d"}
    assert not same_policy(json.dumps({"Statement": [one, two]}), json.dumps({"Statement": [two, one]}))


def test_text_other_than_a_json_object_is_refused() -> None:
    check = checked_documents("policy", "other")
    assert list(check({"policy": '{"a": 1}', "other": UNKNOWN})) == []
    assert [name for name, _ in check({"policy": "{", "other": '"text"'})] == ["policy", "other"]


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
def test_defaults_of_ecs_are_no_change(reported: dict[str, Any]) -> None:
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
def test_a_real_change_is_found(change: dict[str, Any]) -> None:
    assert not same_containers(document(), document(**change))


def test_the_order_of_a_command_is_a_change() -> None:
    assert not same_containers(document(command=["a", "b"]), document(command=["b", "a"]))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "must be JSON"),
        ("{}", "must be a JSON list"),
        ("[]", "must be a JSON list"),
        ('[{"name": "web"}]', "container web: image is missing"),
        ('[{"image": "x"}]', "container 0: name is missing"),
    ],
)
def test_invalid_container_definitions_are_named(text: str, why: str) -> None:
    with pytest.raises(ContainerDefinitionsError, match=why):
        parse(text)
