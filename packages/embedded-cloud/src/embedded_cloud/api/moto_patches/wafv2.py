"""WAF: regular expressions are checked, and a resource has one web ACL."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from moto.wafv2.exceptions import WAFv2ClientError
from moto.wafv2.models import WAFV2Backend

from embedded_cloud.api.moto_patches.replace import check_before
from embedded_cloud.api.regular_expressions import fault


def apply() -> None:
    for name in ("create_web_acl", "update_web_acl", "create_rule_group", "update_rule_group"):
        check_before(WAFV2Backend, name, _check_rules)
    for name in ("create_regex_pattern_set", "update_regex_pattern_set"):
        check_before(WAFV2Backend, name, _check_set)
    check_before(WAFV2Backend, "associate_web_acl", _end_association)


def _check_rules(_: WAFV2Backend, rules: Sequence[Mapping[str, Any]] | None) -> None:
    _check(rules, "STATEMENT")


def _check_set(_: WAFV2Backend, regular_expressions: Sequence[Mapping[str, Any]] | None) -> None:
    _check(regular_expressions, "REGEX_PATTERN_SET")


def _check(value: Any, field: str) -> None:
    for pattern in _patterns(value):
        if wrong := fault(pattern):
            raise WAFv2ClientError(
                "WAFInvalidParameterException",
                "Error reason: The parameter contains formatting that is not valid., "
                f"field: {field}, parameter: {pattern} ({wrong})",
            )


def _patterns(value: Any) -> Iterator[str]:
    """Yield the regular expressions in statements at any depth."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from [str(inner)] if key == "RegexString" else _patterns(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _patterns(inner)


def _end_association(waf: WAFV2Backend, web_acl_arn: str, resource_arn: str) -> None:
    """Another web ACL replaces that of the resource."""
    if web_acl_arn in waf.wacls:
        waf.disassociate_web_acl(resource_arn)
