"""Reading of settings that are objects: names of variables with their values as text."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

EXACT = 2**53
"""Above it the engine's numbers lose digits (JSON's numbers, RFC 8259 section 6)."""


def read_variables(raw: str) -> Mapping[str, str]:
    """The variables, with every value rendered as text. Raises ValueError that names each wrong one, never a value."""
    values = _members(raw)
    if values is None:
        raise ValueError("must be an object: names with their values")
    rendered = {name: _rendered(value) for name, value in values.items()}
    wrong = [f"{name} {_kind(values[name])}" for name, text in rendered.items() if text is None]
    if wrong:
        raise ValueError(f"{'; '.join(wrong)}: a value is text, true, false or a whole number up to 2^53")
    return MappingProxyType({name: text for name, text in rendered.items() if text is not None})


def _members(raw: str) -> dict[str, Any] | None:
    try:
        values = json.loads(raw)
    except ValueError:
        return None
    return values if isinstance(values, dict) else None


def _rendered(value: Any) -> str | None:
    """The text that the application gets; None for a value with more than one text, or with none.

    `pulumi config set --path` writes `true` and `1` as YAML's boolean and number, so these are text again here.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) and abs(value) <= EXACT else None


def _kind(value: Any) -> str:
    if value is None:
        return "has no value"
    if isinstance(value, list | dict):
        return "is a list" if isinstance(value, list) else "is an object"
    return "is a large number" if isinstance(value, int) else "is a number with a fraction"
