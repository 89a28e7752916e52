from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from infra.release.definitions import alike, essence
from tests.infra.release.fake_aws import refusal

CONTAINER = {
    "name": "web",
    "image": "registry/web@sha256:aa",
    "environment": [{"name": "SETTING", "value": "a"}],
    "secrets": [{"name": "SECRET_KEY", "valueFrom": "arn:SECRET_KEY::v-1"}],
}


def registered(ecs: Any, container: dict[str, Any], memory: str = "512") -> str:
    answer = ecs.register_task_definition(
        family="preqly-test-web",
        networkMode="awsvpc",
        cpu="256",
        memory=memory,
        requiresCompatibilities=["FARGATE"],
        containerDefinitions=[container],
        tags=[{"key": "Made", "value": memory}],
    )
    return str(answer["taskDefinition"]["taskDefinitionArn"])


@pytest.fixture
def session() -> Any:
    with mock_aws():
        yield boto3.Session("a", "b", region_name="us-east-1")


def test_two_revisions_that_say_the_same_are_alike(session: boto3.Session) -> None:
    ecs = session.client("ecs")
    one, other = registered(ecs, CONTAINER), registered(ecs, CONTAINER)
    assert one != other
    assert alike(session, one, other)


@pytest.mark.parametrize(
    "changes",
    [
        {"environment": [{"name": "SETTING", "value": "b"}]},
        {"secrets": [{"name": "SECRET_KEY", "valueFrom": "arn:SECRET_KEY::v-2"}]},
        {"image": "registry/web@sha256:bb"},
    ],
)
def test_another_setting_secret_or_image_makes_them_differ(session: boto3.Session, changes: dict[str, Any]) -> None:
    ecs = session.client("ecs")
    assert not alike(session, registered(ecs, CONTAINER), registered(ecs, {**CONTAINER, **changes}))


def test_another_size_of_the_task_makes_them_differ(session: boto3.Session) -> None:
    ecs = session.client("ecs")
    assert not alike(session, registered(ecs, CONTAINER), registered(ecs, CONTAINER, "1024"))


def test_one_that_ecs_does_not_know_is_like_no_other(session: boto3.Session) -> None:
    there = registered(session.client("ecs"), CONTAINER)
    assert not alike(session, there.replace(":1", ":7"), there)


def test_an_ecs_that_does_not_answer_is_not_taken_for_a_difference(
    session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ecs:
        def describe_task_definition(self, **_: Any) -> dict[str, Any]:
            raise refusal("AccessDeniedException")

    monkeypatch.setattr(session, "client", lambda _: Ecs())
    with pytest.raises(ClientError, match="AccessDenied"):
        alike(session, "one", "other")


def test_what_ecs_itself_adds_and_tags_do_not_count() -> None:
    described = {"family": "a", "revision": 8, "status": "ACTIVE", "registeredBy": "somebody", "tags": [], "cpu": "256"}
    assert essence(described) == {"family": "a", "cpu": "256"}
