"""Tags of images. ECR is in memory, or in moto, whose registry refuses to move a tag as ECR does."""

from dataclasses import replace
from typing import Any

import boto3
import pytest

from infra.release.image_tags import delete_unfinished_push, tag_images
from infra.release.reporting import ReleaseError
from tests.infra.release.fake_aws import RELEASE, FakeAws, refuse

HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
THIRD = replace(RELEASE, number=3)


@pytest.fixture
def aws(aws: FakeAws) -> FakeAws:
    aws.images = {("web", "sha256:aa"): ["aaaa-1"], ("proxy", "sha256:bb"): ["aaaa-1"]}
    return aws


def test_both_images_get_the_releases_tag_beside_their_own_once(aws: FakeAws) -> None:
    for _ in range(2):
        tag_images(aws.session, THIRD)
    assert list(aws.images.values()) == [["aaaa-1", "release-3"], ["aaaa-1", "release-3"]]
    assert [one["imageManifest"] for one in aws.asked("put_image")] == [
        "manifest of sha256:aa",
        "manifest of sha256:bb",
    ]


def test_an_error_says_that_the_release_serves_and_what_to_do(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "put_image", refuse)
    with pytest.raises(ReleaseError, match=r"Release 3 serves and is on record, but its image registry/web@sha256:aa"):
        tag_images(aws.session, THIRD)


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
