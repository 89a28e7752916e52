"""Tags that are added through ECR's API."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_cloud.cloud import EmbeddedCloud
from support.clouds import client

KIND = "application/vnd.docker.distribution.manifest.v2+json"


def manifest(name: str) -> str:
    layers = [{"digest": f"sha256:{name}", "size": 1000}, {"digest": "sha256:base", "size": 20}]
    return json.dumps({"mediaType": KIND, "schemaVersion": 2, "config": {"size": 3}, "layers": layers})


class Repository:
    def __init__(self, ecr: Any, mutability: str) -> None:
        self.ecr = ecr
        self.name = f"team/{mutability.lower()}"
        ecr.create_repository(repositoryName=self.name, imageTagMutability=mutability)

    def put(self, name: str, tag: str) -> str:
        answer = self.ecr.put_image(repositoryName=self.name, imageManifest=manifest(name), imageTag=tag)
        return str(answer["image"]["imageId"]["imageDigest"])

    def tags(self) -> dict[str, list[str]]:
        found = self.ecr.describe_images(repositoryName=self.name)["imageDetails"]
        return {image["imageDigest"]: sorted(image.get("imageTags", [])) for image in found}


@pytest.fixture
def fixed(cloud: EmbeddedCloud) -> Repository:
    return Repository(client(cloud, "ecr"), "IMMUTABLE")


def code_of(work: Any, *arguments: Any) -> str:
    with pytest.raises(ClientError) as failure:
        work(*arguments)
    return str(failure.value.response["Error"]["Code"])


def test_an_image_can_have_several_tags(fixed: Repository) -> None:
    digest = fixed.put("web", "abc")
    got = fixed.ecr.batch_get_image(repositoryName=fixed.name, imageIds=[{"imageDigest": digest}])["images"][0]
    fixed.ecr.put_image(
        repositoryName=fixed.name,
        imageManifest=got["imageManifest"],
        imageManifestMediaType=KIND,
        imageTag="release-1",
        imageDigest=digest,
    )
    assert fixed.tags() == {digest: ["abc", "release-1"]}
    assert fixed.ecr.describe_images(repositoryName=fixed.name)["imageDetails"][0]["imageSizeInBytes"] == 1023


def test_a_tag_that_the_image_already_has_is_refused(fixed: Repository) -> None:
    fixed.put("web", "abc")
    assert code_of(fixed.put, "web", "abc") == "ImageAlreadyExistsException"


def test_an_immutable_tag_does_not_move(fixed: Repository) -> None:
    digest = fixed.put("web", "abc")
    assert code_of(fixed.put, "other", "abc") == "ImageTagAlreadyExistsException"
    assert fixed.tags() == {digest: ["abc"]}


def test_a_mutable_tag_moves_and_its_image_stays(cloud: EmbeddedCloud) -> None:
    repository = Repository(client(cloud, "ecr"), "MUTABLE")
    first = repository.put("web", "latest")
    second = repository.put("other", "latest")
    assert repository.tags() == {first: [], second: ["latest"]}
