"""JSON documents inside properties (IAM policies, container definitions, dashboards), compared by what they mean."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from local.provider.values import Values

_SETS = {"Action", "NotAction", "Resource", "NotResource", "AWS", "Service", "Federated", "CanonicalUser"}
"""Elements of a policy where a single string and a list of one mean the same, and order means nothing."""


def same_document(one: Any, other: Any) -> bool:
    """Whether two JSON texts hold the same values; order of keys and white space do not count."""
    return one == other or (_parsed(one) is not None and _parsed(one) == _parsed(other))


def same_policy(one: Any, other: Any) -> bool:
    """Whether two IAM policy texts grant the same: as same_document, and lists of IAM's sets in any order."""
    if one == other:
        return True
    left, right = _parsed(one), _parsed(other)
    return left is not None and right is not None and _policy(left) == _policy(right)


def checked_documents(*names: str) -> Callable[[Values], Iterable[tuple[str, str]]]:
    """A `check` that refuses text which is no JSON object in any of these properties."""

    def check(values: Values) -> Iterator[tuple[str, str]]:
        for name in names:
            if isinstance(values.get(name), str) and (reason := check_document(values[name])):
                yield name, reason

    return check


def check_document(text: str) -> str:
    """Why a text is no JSON object or list; empty when it is one."""
    try:
        parsed = json.loads(text)
    except ValueError as error:
        return f"must be JSON: {error}"
    return "" if isinstance(parsed, dict | list) else "must be a JSON object"


def _parsed(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return None


def _policy(value: Any, key: str = "") -> Any:
    if isinstance(value, Mapping):
        if key == "Statement":
            return [_policy(value)]
        return {name: _policy(inner, name) for name, inner in value.items()}
    if key == "Statement" and isinstance(value, list):
        return [_policy(inner) for inner in value]
    if key in _SETS or isinstance(value, list):
        return sorted(map(str, value if isinstance(value, list) else [value]))
    return str(value).lower() if isinstance(value, bool) else value
