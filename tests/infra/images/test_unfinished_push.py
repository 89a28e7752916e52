"""What an interrupted update pushed is deleted before the next push; moto refuses to move a tag as ECR does."""

from collections.abc import Iterator
from typing import Any

import boto3
import pulumi
import pytest

from infra.images import unfinished_push
from infra.images.unfinished_push import delete_unfinished_push
from tests.moto_account import empty, moto_account
from tests.recorder import Recorder

HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"


@pytest.fixture
def session() -> Iterator[boto3.Session]:
    with moto_account():
        empty("ecr")
        yield boto3.Session("test", "test", region_name="us-east-1")


@pytest.fixture
def ecr(session: boto3.Session) -> Any:
    ecr: Any = session.client("ecr")
    ecr.create_repository(repositoryName="web", imageTagMutability="IMMUTABLE")
    push(ecr, "aaaa-1")
    return ecr


def push(ecr: Any, tag: str, content: str = "one") -> None:
    manifest = f'{{"schemaVersion": 2, "config": {{"digest": "{content}"}}, "layers": []}}'
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    ecr.put_image(repositoryName="web", imageManifest=manifest, imageManifestMediaType=kind, imageTag=tag)


def tags(ecr: Any) -> list[list[str]]:
    return [sorted(one["imageTags"]) for one in ecr.describe_images(repositoryName="web")["imageDetails"]]


def test_the_image_of_an_interrupted_update_is_deleted_before_the_next_push(session: boto3.Session, ecr: Any) -> None:
    assert delete_unfinished_push(session, f"{HOST}/web:aaaa-1")
    push(ecr, "aaaa-1", "two")
    assert tags(ecr) == [["aaaa-1"]]


def test_nothing_is_deleted_for_a_free_tag_a_release_or_a_missing_repository(session: boto3.Session, ecr: Any) -> None:
    push(ecr, "release-3")
    for reference in ("web:bbbb-1", "web:aaaa-1", "other:aaaa-1"):
        assert not delete_unfinished_push(session, f"{HOST}/{reference}")
    assert tags(ecr) == [["aaaa-1", "release-3"]]


@pytest.mark.parametrize(
    ("before", "looked"), [({}, True), ({"imageName": "h/web:b"}, True), ({"imageName": "h/web:a"}, False)]
)
def test_only_the_image_of_a_new_tag_is_deleted_before_the_push(
    engine: Recorder, monkeypatch: pytest.MonkeyPatch, before: dict[str, str], looked: bool
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(unfinished_push, "delete_unfinished_push", lambda session, name: asked.append(name))
    args = pulumi.ResourceHookArgs(
        urn="", id="", name="", type="", new_inputs={"imageName": "h/web:a"}, old_inputs=before
    )
    engine.run(lambda: unfinished_push.unfinished_push_hook("web").before_update[0](args))  # type: ignore[index]
    assert asked == ["h/web:a"] * looked
