"""What IAM decides about a request: identity policies, permissions boundary and trust policies.

A small part of docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html. An element or
operator that it does not know fails the test instead of deciding anything.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Context = Mapping[str, str | list[str]]
"""Condition keys of a request. A key that is not there is absent from the request."""

_ELEMENTS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition", "Principal"}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def like(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Whether a text matches a pattern with `*` and `?`."""
    expression = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch(expression, text, re.IGNORECASE if ignore_case else 0) is not None


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, given: wanted == given,
    "StringLike": like,
    "ArnEquals": like,
    "ArnLike": like,
}


def _condition(operator: str, key: str, wanted: list[str], context: Context) -> bool:
    given = next((_list(value) for name, value in context.items() if name.lower() == key.lower()), None)
    if operator == "Null":
        return (given is None) == (wanted == ["true"])
    if operator == "StringNotEquals":
        return given is None or not set(given) & set(wanted)
    quantifier, _, plain = operator.rpartition(":")
    test = _OPERATORS[plain]
    if quantifier == "ForAllValues":
        return all(any(test(one, value) for one in wanted) for value in given or [])
    assert not quantifier, operator
    return given is not None and any(test(one, value) for one in wanted for value in given)


def _matches(statement: Mapping[str, Any], action: str, resource: str, context: Context) -> bool:
    assert set(statement) <= _ELEMENTS, statement
    acts = "Action" if "Action" in statement else "NotAction"
    named = any(like(pattern, action, ignore_case=True) for pattern in _list(statement[acts]))
    if named != (acts == "Action"):
        return False
    objects = "NotResource" if "NotResource" in statement else "Resource"
    named = any(like(pattern, resource) for pattern in _list(statement.get(objects, "*")))
    if named != (objects == "Resource"):
        return False
    return all(
        _condition(operator, key, [str(one) for one in _list(wanted)], context)
        for operator, keys in statement.get("Condition", {}).items()
        for key, wanted in keys.items()
    )


def statements(documents: Iterable[str]) -> list[dict[str, Any]]:
    """All statements of these policy documents."""
    return [one for document in documents for one in _list(json.loads(document)["Statement"])]


def allowed(documents: Iterable[str], action: str, resource: str = "*", context: Context | None = None) -> bool:
    """Whether these policies together allow a request: one statement allows it, none denies it."""
    known = {"aws:RequestedRegion": "us-east-1", **(context or {})}
    effects = {one["Effect"] for one in statements(documents) if _matches(one, action, resource, known)}
    return effects == {"Allow"}


def trusted(trust_policy: str, claims: Mapping[str, str]) -> bool:
    """Whether a job with these claims in GitHub's token may take the role."""
    host = "token.actions.githubusercontent.com"
    for statement in statements([trust_policy]):
        assert statement["Principal"]["Federated"].endswith(f":oidc-provider/{host}")
    context = {f"{host}:{claim}": value for claim, value in claims.items()}
    return allowed([trust_policy], "sts:AssumeRoleWithWebIdentity", context=context)
