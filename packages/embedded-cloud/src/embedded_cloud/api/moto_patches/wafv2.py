"""WAF: regular expressions and addresses are checked, IP sets can be changed, and a resource has one web ACL."""

import ipaddress
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from moto.wafv2.exceptions import WAFv2ClientError
from moto.wafv2.models import FakeIPSet, WAFV2Backend

from embedded_cloud.api.moto_patches.replace import Method, check_before, wrap_method
from embedded_cloud.api.regular_expressions import fault


def apply() -> None:
    for name in ("create_web_acl", "update_web_acl", "create_rule_group", "update_rule_group"):
        check_before(WAFV2Backend, name, _check_rules)
    for name in ("create_regex_pattern_set", "update_regex_pattern_set"):
        check_before(WAFV2Backend, name, _check_set)
    for name in ("create_ip_set", "update_ip_set"):
        check_before(WAFV2Backend, name, _check_addresses)
    for name in ("__init__", "update"):
        wrap_method(FakeIPSet, name, _with_lock_token)
    check_before(WAFV2Backend, "associate_web_acl", _end_association)


def _check_rules(_: WAFV2Backend, rules: Sequence[Mapping[str, Any]] | None) -> None:
    _check(rules, "STATEMENT")


def _check_set(_: WAFV2Backend, regular_expressions: Sequence[Mapping[str, Any]] | None) -> None:
    _check(regular_expressions, "REGEX_PATTERN_SET")


def _check_addresses(_: WAFV2Backend, addresses: Sequence[str]) -> None:
    for one in addresses:
        try:
            wrong = (
                ""
                if ipaddress.ip_network(one, strict=False) and "/" in one
                else "no range in CIDR notation, like 192.0.2.44/32"
            )
        except ValueError as error:
            wrong = str(error)
        if wrong:
            raise _malformed("IP_ADDRESS", one, wrong)


def _with_lock_token(original: Method, self: FakeIPSet, *arguments: Any, **named: Any) -> None:
    """moto's own token has not the form of AWS's, so the API refuses it."""
    original(self, *arguments, **named)
    self.lock_token = str(uuid.uuid4())


def _check(value: Any, field: str) -> None:
    for pattern in _patterns(value):
        if wrong := fault(pattern):
            raise _malformed(field, pattern, wrong)


def _malformed(field: str, value: str, wrong: str) -> WAFv2ClientError:
    reason = "The parameter contains formatting that is not valid."
    message = f"Error reason: {reason}, field: {field}, parameter: {value} ({wrong})"
    return WAFv2ClientError("WAFInvalidParameterException", message)


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
