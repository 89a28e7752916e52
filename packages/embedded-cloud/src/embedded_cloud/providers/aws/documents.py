"""JSON documents inside properties (IAM policies, dashboards), compared by their meaning."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from embedded_cloud.providers.values import Values

_SETS = {"Action", "NotAction", "Resource", "NotResource", "AWS", "Service", "Federated", "CanonicalUser"}
"""Elements of a policy where order does not count and a single string equals a list of one."""


def same_document(one: Any, other: Any) -> bool:
    """Whether two JSON texts hold the same values; order of keys and white space do not count."""
    return one == other or (_parsed(one) is not None and _parsed(one) == _parsed(other))


def same_policy(one: Any, other: Any) -> bool:
    """Whether two IAM policies grant the same; the order of actions, resources and principals does not count."""
    if one == other:
        return True
    left, right = _parsed(one), _parsed(other)
    return left is not None and right is not None and _policy(left) == _policy(right)


def checked_documents(*names: str) -> Callable[[Values], Iterable[tuple[str, str]]]:
    """Make a `check` that refuses text other than a JSON object in these properties."""

    def check(values: Values) -> Iterator[tuple[str, str]]:
        for name in names:
            if isinstance(values.get(name), str) and (reason := check_document(values[name])):
                yield name, reason

    return check


def check_document(text: str) -> str:
    """Reason why a text is not a JSON object or list; empty when it is one."""
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
