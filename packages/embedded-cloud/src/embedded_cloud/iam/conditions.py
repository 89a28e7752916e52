"""Conditions of IAM policies: operators, quantifiers, and keys that a request has or lacks. Pure.

docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import ipaddress
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

Context = Mapping[str, str | Sequence[str]]
"""Condition keys of a request. A key that is not there is absent from the request; names ignore case."""


NOT_IN_REQUESTS = frozenset(("aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip"))
"""Keys that AWS has for a request and this evaluation never gets, in lower case."""


class UnknownPolicyError(Exception):
    """A policy has an element, an operator, a key or a variable that the evaluation does not know."""


def like(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Whether a text matches a pattern with `*` and `?`."""
    return _expression(pattern, ignore_case).fullmatch(text) is not None


@lru_cache(maxsize=16_384)
def _expression(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    expression = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def arn_like(pattern: str, arn: str) -> bool:
    """As conditions compare ARNs: a wildcard does not reach over one of the first five colons."""
    patterns, parts = pattern.split(":", 5), arn.split(":", 5)
    return len(patterns) == len(parts) and all(like(wanted, part) for wanted, part in zip(patterns, parts, strict=True))


def holds(conditions: Mapping[str, Mapping[str, Any]], context: Context) -> bool:
    """Whether all conditions of a statement hold. Raises UnknownPolicyError."""
    given = {name.lower(): listed(value) for name, value in context.items()}
    for key in (key for keys in conditions.values() for key in keys):
        if key.lower() in NOT_IN_REQUESTS - set(given):
            raise UnknownPolicyError(f"condition key {key}")
    return all(
        _holds(words, given.get(key.lower()), [_text(one) for one in listed(wanted)])
        for words, keys in conditions.items()
        for key, wanted in keys.items()
    )


def listed(value: Any) -> list[Any]:
    """A value of a policy that may be one or a list."""
    if value is None:
        return []
    return [value] if isinstance(value, str | bool | int | float | Mapping) else list(value)


def _holds(words: str, given: list[str] | None, wanted: list[str]) -> bool:
    quantifier, _, name = words.rpartition(":")
    if quantifier not in {"", "ForAllValues", "ForAnyValue"}:
        raise UnknownPolicyError(f"condition operator {words}")
    if name == "Null":
        return [str(given is None).lower()] == wanted
    name, if_exists = name.removesuffix("IfExists"), name.endswith("IfExists")
    negated = "Not" in name
    plain = name.replace("Not", "", 1)
    if plain not in _OPERATORS:
        raise UnknownPolicyError(f"condition operator {words}")
    if any("${" in one for one in wanted):
        raise UnknownPolicyError(f"a policy variable in {wanted}")
    if given is None:
        # A key that is absent does not match, except by a negated operator or for all of no values.
        return quantifier != "ForAnyValue" and (if_exists or negated or quantifier == "ForAllValues")
    matches = [any(_OPERATORS[plain](one, value) for one in wanted) != negated for value in given]
    return all(matches) if quantifier == "ForAllValues" or (negated and not quantifier) else any(matches)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _in_range(wanted: str, given: str) -> bool:
    return ipaddress.ip_address(given) in ipaddress.ip_network(wanted, strict=False)


def _numbers(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    return lambda wanted, given: compare(float(given), float(wanted))


def _dates(compare: Callable[[datetime, datetime], bool]) -> Callable[[str, str], bool]:
    return lambda wanted, given: compare(_moment(given), _moment(wanted))


def _moment(text: str) -> datetime:
    if text.isdigit():
        return datetime.fromtimestamp(float(text), UTC)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}
_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": operator.eq,
    "StringEqualsIgnoreCase": lambda wanted, given: wanted.lower() == given.lower(),
    "StringLike": like,
    "ArnEquals": arn_like,
    "ArnLike": arn_like,
    "Bool": lambda wanted, given: wanted.lower() == given.lower(),
    "IpAddress": _in_range,
    **{f"Numeric{name}": _numbers(compare) for name, compare in _COMPARISONS.items()},
    **{f"Date{name}": _dates(compare) for name, compare in _COMPARISONS.items()},
}
"""Each takes the policy's value and the request's."""
