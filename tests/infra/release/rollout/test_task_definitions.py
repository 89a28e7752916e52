from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.release.rollout.task_definitions import equivalent, fingerprint
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


def test_two_revisions_with_the_same_content_are_equivalent(session: boto3.Session) -> None:
    ecs = session.client("ecs")
    one, other = registered(ecs, CONTAINER), registered(ecs, CONTAINER)
    assert one != other
    assert equivalent(session, one, other)


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
    assert not equivalent(session, registered(ecs, CONTAINER), registered(ecs, {**CONTAINER, **changes}))


def test_another_size_of_the_task_makes_them_differ(session: boto3.Session) -> None:
    ecs = session.client("ecs")
    assert not equivalent(session, registered(ecs, CONTAINER), registered(ecs, CONTAINER, "1024"))


def test_a_deleted_task_definition_is_equivalent_to_none(session: boto3.Session) -> None:
    there = registered(session.client("ecs"), CONTAINER)
    assert not equivalent(session, there.replace(":1", ":7"), there)


def test_an_error_of_ecs_is_not_a_difference(session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    class Ecs:
        def describe_task_definition(self, **_: Any) -> dict[str, Any]:
            raise refusal("AccessDeniedException")

    monkeypatch.setattr(session, "client", lambda _: Ecs())
    with pytest.raises(ClientError, match="AccessDenied"):
        equivalent(session, "one", "other")


def test_fields_of_ecs_and_tags_are_not_part_of_the_fingerprint() -> None:
    described = {"family": "a", "revision": 8, "status": "ACTIVE", "registeredBy": "somebody", "tags": [], "cpu": "256"}
    assert fingerprint(described) == {"family": "a", "cpu": "256"}
