"""Against moto, whose registry refuses to move a tag as ECR does."""

from typing import Any

import boto3
import pytest

from infra.release.unfinished_push import delete_image

HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"


@pytest.fixture
def ecr(session: boto3.Session) -> Any:
    ecr: Any = session.client("ecr")
    ecr.create_repository(repositoryName="web", imageTagMutability="IMMUTABLE")
    return ecr


def push(ecr: Any, tag: str, content: str = "one") -> None:
    manifest = f'{{"schemaVersion": 2, "config": {{"digest": "{content}"}}, "layers": []}}'
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    ecr.put_image(repositoryName="web", imageManifest=manifest, imageManifestMediaType=kind, imageTag=tag)


def tags(ecr: Any) -> list[list[str]]:
    return [sorted(one["imageTags"]) for one in ecr.describe_images(repositoryName="web")["imageDetails"]]


def deleted(session: boto3.Session, tag: str) -> bool:
    return delete_image(session, f"{HOST}/web:{tag}")


def test_the_image_of_an_interrupted_update_is_deleted_before_the_next_push(session: boto3.Session, ecr: Any) -> None:
    push(ecr, "aaaa-1")
    assert deleted(session, "aaaa-1")
    push(ecr, "aaaa-1", "two")
    assert tags(ecr) == [["aaaa-1"]]


def test_nothing_is_deleted_for_a_free_tag(session: boto3.Session, ecr: Any) -> None:
    push(ecr, "aaaa-1")
    assert not deleted(session, "bbbb-1")
    assert tags(ecr) == [["aaaa-1"]]


def test_an_image_of_a_release_stays(session: boto3.Session, ecr: Any) -> None:
    push(ecr, "aaaa-1")
    push(ecr, "release-3")
    assert not deleted(session, "aaaa-1")
    assert tags(ecr) == [["aaaa-1", "release-3"]]


def test_nothing_is_deleted_without_a_repository(session: boto3.Session, ecr: Any) -> None:
    ecr.delete_repository(repositoryName="web")
    assert not deleted(session, "aaaa-1")
