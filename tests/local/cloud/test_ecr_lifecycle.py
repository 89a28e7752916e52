"""Lifecycle policies expire what AWS's documentation says they expire."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.registry import lifecycle_policy
from local.cloud.ecr_lifecycle import StoredImage, expired

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
    ("rules", "gone"),
    [
        ([rule(1, "tagged", 1, **PROD), rule(2, "tagged", 1, **BETA)], ["A"]),
        ([rule(1, "tagged", 1, **BETA), rule(2, "tagged", 1, **PROD)], ["A", "B"]),
        ([rule(2, "tagged", 1, **PROD), rule(1, "tagged", 1, **BETA)], ["A", "B"]),
    ],
    ids=["a higher rule keeps what a lower one would expire", "the other way round", "priority is not position"],
)
def test_rules_are_applied_by_priority(rules: list[dict[str, Any]], gone: list[str]) -> None:
    assert expired(policy(*rules), DOCUMENTED, NOW) == gone


@pytest.mark.parametrize(
    ("selection", "gone"),
    [
        ({"tagPrefixList": ["alpha", "beta"]}, ["both"]),
        ({"tagPatternList": ["*-beta"]}, ["suffix"]),
        ({"tagPatternList": ["alpha*1", "beta*"]}, ["both"]),
        ({"tagPatternList": ["prod.*"]}, []),
    ],
)
def test_every_pattern_must_fit_one_of_the_tags(selection: dict[str, Any], gone: list[str]) -> None:
    images = [image("both", 3, "alpha-1", "beta-2"), image("one", 2, "alpha-2"), image("suffix", 1, "the-beta")]
    assert expired(policy(rule(1, "tagged", 0, **selection)), images, NOW) == gone


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
def test_what_is_not_emulated_is_said(wrong: dict[str, str]) -> None:
    strange = rule(1, more_than=1)
    strange["selection"] |= wrong
    with pytest.raises(ValueError, match="are emulated"):
        expired(policy(strange), DOCUMENTED, NOW)


_TAGS = st.frozensets(st.sampled_from(["release-1", "release-22", "v1", "v2", "latest"]), max_size=3)
_IMAGES = st.lists(st.tuples(st.integers(0, 400), _TAGS), max_size=300)


@given(_IMAGES)
def test_this_stacks_policy_never_expires_a_release_on_record(found: list[tuple[int, frozenset[str]]]) -> None:
    images = [image(str(number), days, *tags) for number, (days, tags) in enumerate(found)]
    gone = set(expired(lifecycle_policy(), images, NOW))
    releases = [one for one in images if any(tag.startswith("release-") for tag in one.tags)]
    youngest = sorted(releases, key=lambda one: (one.pushed_at, one.digest), reverse=True)[:100]
    assert not gone & {one.digest for one in youngest}
