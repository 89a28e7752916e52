"""Rule statements of AWS WAF. A statement matches, does not match, or is not known here (None). Pure but for rates.

A rule acts only when its statement surely matches, so that nothing is blocked that AWS lets through.
docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statements-list.html
"""

import base64
import binascii
import ipaddress
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from embedded_cloud.agents.waf.labels import has_label
from embedded_cloud.agents.waf.managed_rules import GROUPS, has_script
from embedded_cloud.agents.waf.rates import Rates, aggregation_key
from embedded_cloud.agents.waf.request import WebRequest, inspected, is_oversize
from embedded_cloud.agents.waf.transformations import transformed
from embedded_cloud.api.regular_expressions import compiled

Known = bool | None
_COMPARE = {
    "EQ": operator.eq,
    "NE": operator.ne,
    "LE": operator.le,
    "LT": operator.lt,
    "GE": operator.ge,
    "GT": operator.gt,
}
_FOREIGN_LABEL = re.compile(r"awswaf:(managed|clientip|forwardedip):")


@dataclass
class Inspection:
    """One request on its way through the rules, with the labels that they have added."""

    request: WebRequest
    namespace: str
    """Prefix of the labels of the web ACL or rule group at hand: `awswaf:123456789012:webacl:name:`."""
    rates: Rates
    now: float
    ip_sets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Addresses by ARN."""
    regex_sets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)

    def matches(self, statement: Mapping[str, Any], rule: str = "") -> Known:
        """`rule` tells the counts of rate-based rules apart."""
        for kind, details in statement.items():
            if details is None:
                continue
            if kind == "RateBasedStatement":
                return self._rate(details, rule)
            known = _KINDS.get(kind)
            return known(self, details) if known else None
        return None

    def _rate(self, statement: Mapping[str, Any], rule: str) -> Known:
        scope = statement.get("ScopeDownStatement")
        if scope and (inside := self.matches(scope)) is not True:
            return inside
        key = aggregation_key(self.request, statement)
        return self.rates.exceeds(f"{self.namespace}{rule}", key, statement, self.now) if isinstance(key, str) else key


def _all(inspection: Inspection, details: Mapping[str, Any]) -> Known:
    found = [inspection.matches(one) for one in details["Statements"]]
    return False if False in found else None if None in found else True


def _any(inspection: Inspection, details: Mapping[str, Any]) -> Known:
    found = [inspection.matches(one) for one in details["Statements"]]
    return True if True in found else None if None in found else False


def _not(inspection: Inspection, details: Mapping[str, Any]) -> Known:
    found = inspection.matches(details["Statement"])
    return None if found is None else not found


def _label(inspection: Inspection, details: Mapping[str, Any]) -> Known:
    key = str(details["Key"])
    found = has_label(inspection.labels, key, details["Scope"], inspection.namespace)
    acting = {label for group in GROUPS.values() for label in group.labels()}
    # AWS may have added a label that no rule here adds.
    return None if not found and _FOREIGN_LABEL.match(key) and key not in acting else found


def _on_field(test: Callable[[Mapping[str, Any], str], bool]) -> Callable[[Inspection, Mapping[str, Any]], Known]:
    """Return a statement that matches when one value of its field passes the test after the transformations."""

    def matches(inspection: Inspection, details: Mapping[str, Any]) -> Known:
        where = details["FieldToMatch"]
        if handling := is_oversize(inspection.request, where):
            return handling == "MATCH"
        values = inspected(inspection.request, where)
        texts = [transformed(value, details.get("TextTransformations") or ()) for value in values or ()]
        if values is None or None in texts:
            return None
        return any(test(details, text) for text in texts if text is not None)

    return matches


def _bytes(details: Mapping[str, Any], text: str) -> bool:
    wanted = _search_string(details["SearchString"])
    tests: dict[str, Callable[[], bool]] = {
        "EXACTLY": lambda: text == wanted,
        "STARTS_WITH": lambda: text.startswith(wanted),
        "ENDS_WITH": lambda: text.endswith(wanted),
        "CONTAINS": lambda: wanted in text,
        "CONTAINS_WORD": lambda: re.search(rf"(?<![A-Za-z0-9_]){re.escape(wanted)}(?![A-Za-z0-9_])", text) is not None,
    }
    return tests[details["PositionalConstraint"]]()


def _search_string(stored: Any) -> str:
    """The API has it in base64."""
    raw = stored if isinstance(stored, bytes) else str(stored).encode()
    try:
        return base64.b64decode(raw, validate=True).decode("latin-1")
    except binascii.Error:
        return raw.decode("latin-1")


def _size(details: Mapping[str, Any], text: str) -> bool:
    return bool(_COMPARE[details["ComparisonOperator"]](len(text), int(details["Size"])))


def _regex(inspection: Inspection, details: Mapping[str, Any]) -> Known:
    return _search([details["RegexString"]], inspection, details)


def _regex_set(inspection: Inspection, details: Mapping[str, Any]) -> Known:
    patterns = inspection.regex_sets.get(details["ARN"])
    return None if patterns is None else _search(patterns, inspection, details)


def _search(patterns: Sequence[str], inspection: Inspection, details: Mapping[str, Any]) -> Known:
    known = [one for one in map(compiled, patterns) if one is not None]
    found = _on_field(lambda _, text: any(one.search(text) for one in known))(inspection, details)
    # One that is not known may match.
    return found if found or len(known) == len(patterns) else None


def _ip_set(inspection: Inspection, details: Mapping[str, Any]) -> Known:
    addresses = inspection.ip_sets.get(details["ARN"])
    if addresses is None or details.get("IPSetForwardedIPConfig"):
        return None
    client = ipaddress.ip_address(inspection.request.client)
    return any(client in ipaddress.ip_network(one, strict=False) for one in addresses)


_KINDS: Mapping[str, Callable[[Inspection, Mapping[str, Any]], Known]] = {
    "AndStatement": _all,
    "OrStatement": _any,
    "NotStatement": _not,
    "LabelMatchStatement": _label,
    "ByteMatchStatement": _on_field(_bytes),
    "SizeConstraintStatement": _on_field(_size),
    "RegexMatchStatement": _regex,
    "RegexPatternSetReferenceStatement": _regex_set,
    "IPSetReferenceStatement": _ip_set,
    # AWS describes one example of what it finds; what it finds besides is not known.
    "XssMatchStatement": lambda inspection, details: (
        _on_field(lambda _, text: has_script(text))(inspection, details) or None
    ),
}
