"""Lifecycle policies expire the images that AWS's documentation names."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from embedded_cloud.agents.ecr.lifecycle_policy import StoredImage, expired

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
DOCUMENTED = [
    image("A", 10, "beta-1", "prod-1"),
    image("B", 9, "beta-2", "prod-2"),
    image("C", 8, "beta-3"),
]
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
