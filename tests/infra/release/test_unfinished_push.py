"""Against moto, whose registry refuses to move a tag as ECR does."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.release.unfinished_push import clear

HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"


@pytest.fixture
def ecr() -> Iterator[Any]:
    with mock_aws():
        ecr: Any = boto3.Session("test", "test", region_name="us-east-1").client("ecr")
        ecr.create_repository(repositoryName="web", imageTagMutability="IMMUTABLE")
        yield ecr


def push(ecr: Any, tag: str, content: str = "one") -> None:
    manifest = f'{{"schemaVersion": 2, "config": {{"digest": "{content}"}}, "layers": []}}'
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    ecr.put_image(repositoryName="web", imageManifest=manifest, imageManifestMediaType=kind, imageTag=tag)


def tags(ecr: Any) -> list[list[str]]:
    return [sorted(one["imageTags"]) for one in ecr.describe_images(repositoryName="web")["imageDetails"]]


def cleared(tag: str) -> bool:
    return clear(boto3.Session("test", "test", region_name="us-east-1"), f"{HOST}/web:{tag}")


def test_what_a_cut_off_update_pushed_makes_room_for_the_next(ecr: Any) -> None:
    push(ecr, "aaaa-1")
    assert cleared("aaaa-1")
    push(ecr, "aaaa-1", "two")
    assert tags(ecr) == [["aaaa-1"]]


def test_a_tag_that_is_free_needs_nothing(ecr: Any) -> None:
    push(ecr, "aaaa-1")
    assert not cleared("bbbb-1")
    assert tags(ecr) == [["aaaa-1"]]


def test_an_image_of_a_release_stays(ecr: Any) -> None:
    push(ecr, "aaaa-1")
    push(ecr, "release-3")
    assert not cleared("aaaa-1")
    assert tags(ecr) == [["aaaa-1", "release-3"]]


def test_a_repository_that_is_gone_is_nothing_to_clear(ecr: Any) -> None:
    ecr.delete_repository(repositoryName="web")
    assert not cleared("aaaa-1")
