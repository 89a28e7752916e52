"""Lifecycle policies expire the images that AWS's documentation names; tags are added through ECR's API."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from embedded_cloud.agents.ecr.lifecycle_policy import StoredImage, expired
from embedded_cloud.cloud import EmbeddedCloud
from support.clouds import client, error_code

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def image(name: str, days: float, *tags: str, parts: tuple[str, ...] = ()) -> StoredImage:
    return StoredImage(name, frozenset(tags), NOW - timedelta(days=days), frozenset(parts))


def rule(priority: int, status: str = "any", more_than: int | None = None, **selection: Any) -> dict[str, Any]:
    count = (
        {"countType": "imageCountMoreThan", "countNumber": more_than}
        if more_than is not None
        else {"countType": "sinceImagePushed", "countUnit": "days", "countNumber": selection.pop("days")}
    )
    return {
        "rulePriority": priority,
        "selection": {"tagStatus": status, **selection, **count},
        "action": {"type": "expire"},
    }


def policy(*rules: dict[str, Any]) -> str:
    return json.dumps({"rules": rules})


PROD = {"tagPrefixList": ["prod"]}
BETA = {"tagPrefixList": ["beta"]}
DOCUMENTED = [image("A", 10, "beta-1", "prod-1"), image("B", 9, "beta-2", "prod-2"), image("C", 8, "beta-3")]
"""The repository of the documentation's example "Filtering on multiple rules"."""


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([rule(1, "tagged", 1, **PROD), rule(2, "tagged", 1, **BETA)], ["A"]),
        ([rule(1, "tagged", 1, **BETA), rule(2, "tagged", 1, **PROD)], ["A", "B"]),
        ([rule(2, "tagged", 1, **PROD), rule(1, "tagged", 1, **BETA)], ["A", "B"]),
    ],
    ids=["a higher rule keeps what a lower one would expire", "the other way round", "priority is not position"],
)
def test_rules_are_applied_by_priority(rules: list[dict[str, Any]], expected: list[str]) -> None:
    assert expired(policy(*rules), DOCUMENTED, NOW) == expected


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ({"tagPrefixList": ["alpha", "beta"]}, ["both"]),
        ({"tagPatternList": ["*-beta"]}, ["suffix"]),
        ({"tagPatternList": ["alpha*1", "beta*"]}, ["both"]),
        ({"tagPatternList": ["prod.*"]}, []),
    ],
)
def test_every_pattern_must_fit_one_of_the_tags(selection: dict[str, Any], expected: list[str]) -> None:
    images = [image("both", 3, "alpha-1", "beta-2"), image("one", 2, "alpha-2"), image("suffix", 1, "the-beta")]
    assert expired(policy(rule(1, "tagged", 0, **selection)), images, NOW) == expected


def test_age_counts_from_the_push() -> None:
    images = [image("old", 14.1), image("young", 13.9), image("tagged", 30, "v1")]
    assert expired(policy(rule(1, "untagged", days=14)), images, NOW) == ["old"]


def test_a_count_keeps_the_youngest() -> None:
    images = [image(str(number), number, f"v{number}") for number in range(5)]
    assert expired(policy(rule(1, more_than=2)), images, NOW) == ["4", "3", "2"]


def test_a_part_of_a_list_of_manifests_stays_as_long_as_the_list() -> None:
    images = [image("list", 1, "v1", parts=("part",)), image("part", 30), image("other", 30)]
    assert expired(policy(rule(1, "untagged", days=14)), images, NOW) == ["other"]


@pytest.mark.parametrize("wrong", [{"tagStatus": "archived"}, {"countType": "sinceImagePulled"}])
def test_an_unknown_selection_is_refused(wrong: dict[str, str]) -> None:
    strange = rule(1, more_than=1)
    strange["selection"] |= wrong
    with pytest.raises(ValueError, match="are emulated"):
        expired(policy(strange), DOCUMENTED, NOW)


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
    assert error_code(fixed.put, "web", "abc") == "ImageAlreadyExistsException"


def test_an_immutable_tag_does_not_move(fixed: Repository) -> None:
    digest = fixed.put("web", "abc")
    assert error_code(fixed.put, "other", "abc") == "ImageTagAlreadyExistsException"
    assert fixed.tags() == {digest: ["abc"]}


def test_a_mutable_tag_moves_and_its_image_stays(cloud: EmbeddedCloud) -> None:
    repository = Repository(client(cloud, "ecr"), "MUTABLE")
    first = repository.put("web", "latest")
    second = repository.put("other", "latest")
    assert repository.tags() == {first: [], second: ["latest"]}
