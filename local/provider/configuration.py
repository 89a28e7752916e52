"""The provider settings (`aws:region`, `aws:defaultTags`, ...): those that mean something here, out of all."""

import json
from typing import Any

from local.provider.values import Values


def region_of(settings: Values) -> str:
    """The region to work in; empty when none is set."""
    region = settings.get("region")
    return region if isinstance(region, str) else ""


def default_tags(settings: Values) -> dict[str, str]:
    """The tags that every taggable resource gets."""
    tags = _parsed(settings.get("defaultTags")) or {}
    inner = tags.get("tags", {}) if isinstance(tags, dict) else {}
    return {name: value for name, value in inner.items() if isinstance(value, str)}


def _parsed(value: Any) -> Any:
    # Nested provider settings travel as JSON text.
    return json.loads(value) if isinstance(value, str) else value
