"""Evaluate the lifecycle policy of a repository. Pure.

Rules: "Lifecycle policy properties in Amazon ECR". Every rule considers all images that it matches, also those of other
rules. An image that matches a rule is safe from all rules with a higher number.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True)
class StoredImage:
    """An image as a rule sees it."""

    digest: str
    tags: frozenset[str]
    pushed_at: datetime
    parts: frozenset[str] = frozenset()
    """Digests in a manifest list. They are kept as long as the list."""


def expired(policy: str, images: Sequence[StoredImage], now: datetime) -> list[str]:
    """Return the digests that the policy (JSON) expires at `now`, oldest first.

    Raises ValueError for a tagStatus or countType that is not emulated.
    """
    youngest_first = sorted(images, key=lambda image: (image.pushed_at, image.digest), reverse=True)
    marked: set[str] = set()
    safe = {part for image in images for part in image.parts}
    for rule in sorted(json.loads(policy)["rules"], key=lambda rule: int(rule["rulePriority"])):
        selection = rule["selection"]
        matching = [image for image in youngest_first if _matches(selection, image.tags)]
        marked |= {image.digest for image in _beyond(selection, matching, now)} - safe
        safe |= {image.digest for image in matching}
    return [image.digest for image in reversed(youngest_first) if image.digest in marked]


def _matches(selection: dict[str, Any], tags: Iterable[str]) -> bool:
    """Match when every pattern fits one of the image's tags."""
    tags = list(tags)
    match selection["tagStatus"]:
        case "any":
            return True
        case "untagged":
            return not tags
        case "tagged":
            return bool(tags) and all(any(re.fullmatch(one, tag) for tag in tags) for one in _patterns(selection))
        case other:
            raise ValueError(f"tagStatus {other}: only tagged, untagged and any are emulated")


def _patterns(selection: dict[str, Any]) -> list[str]:
    """Translate the rule's prefixes or patterns to regular expressions; a star matches any text."""
    texts = [f"{prefix}*" for prefix in selection.get("tagPrefixList", [])] or selection.get("tagPatternList", [])
    return [".*".join(re.escape(part) for part in text.split("*")) for text in texts]


def _beyond(selection: dict[str, Any], youngest_first: Sequence[StoredImage], now: datetime) -> Sequence[StoredImage]:
    count = int(selection["countNumber"])
    match selection["countType"]:
        case "imageCountMoreThan":
            return youngest_first[count:]
        case "sinceImagePushed":
            oldest = now - timedelta(days=count)
            return [image for image in youngest_first if image.pushed_at < oldest]
        case other:
            raise ValueError(f"countType {other}: only imageCountMoreThan and sinceImagePushed are emulated")
