"""Elastic Load Balancing: attributes, actions and conditions, as Pulumi and as boto3 write them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from embedded_cloud.providers.call import Call, from_boto, to_boto
from embedded_cloud.providers.values import Values


@dataclass(frozen=True)
class Attribute:
    """AWS's key of an attribute, the type of its property, and AWS's default."""

    key: str
    kind: type
    default: str = ""


def to_attributes(call: Call, table: Mapping[str, Attribute], flat: Values, old: Values) -> list[dict[str, str]]:
    """Attributes to set: every given property, and the default of each property that the program dropped."""
    wanted = {}
    for name, attribute in table.items():
        if flat.get(name) is not None:
            wanted[attribute.key] = _text(flat[name])
        elif old.get(name) is not None and call.id:
            wanted[attribute.key] = attribute.default
    return [{"Key": key, "Value": value} for key, value in wanted.items()]


def from_attributes(answer: list[dict[str, Any]], table: Mapping[str, Attribute]) -> Values:
    """Properties out of AWS's attributes; leaves out empty texts."""
    texts = {attribute["Key"]: str(attribute["Value"]) for attribute in answer}
    return {
        name: _value(texts[attribute.key], attribute.kind)
        for name, attribute in table.items()
        if texts.get(attribute.key)
    }


def flattened(values: Values, *names: str) -> Values:
    """Add the keys of the named objects to the properties: `accessLogs.bucket`."""
    flat = dict(values)
    for name in names:
        flat |= {f"{name}.{key}": value for key, value in (values.get(name) or {}).items()}
    return flat


def nested(flat: Values, *names: str) -> Values:
    """The opposite of `flattened`."""
    values = {name: value for name, value in flat.items() if "." not in name}
    for name in names:
        inner = {key.split(".", 1)[1]: value for key, value in flat.items() if key.startswith(f"{name}.")}
        if inner:
            values[name] = inner
    return values


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _value(text: str, kind: type) -> Any:
    return text == "true" if kind is bool else kind(text)


_ACTIONS = {"redirect": "RedirectConfig", "fixedResponse": "FixedResponseConfig"}
_CONDITIONS = {
    "hostHeader": ("host-header", "HostHeaderConfig"),
    "pathPattern": ("path-pattern", "PathPatternConfig"),
    "httpHeader": ("http-header", "HttpHeaderConfig"),
    "httpRequestMethod": ("http-request-method", "HttpRequestMethodConfig"),
    "sourceIp": ("source-ip", "SourceIpConfig"),
}


def to_actions(actions: list[Values]) -> list[dict[str, Any]]:
    """Actions for boto3. Raises ValueError for a kind that the embedded load balancer lacks."""
    return [_to_action(action) for action in actions]


def _to_action(action: Values) -> dict[str, Any]:
    strange = set(action) - {"type", "order", "targetGroupArn", "forward", *_ACTIONS}
    if strange:
        raise ValueError(f"the embedded load balancer does not support the action {', '.join(sorted(strange))}")
    wanted = to_boto(action, "type order targetGroupArn", **_ACTIONS)
    if action.get("forward"):
        groups = [to_boto(group, "weight", arn="TargetGroupArn") for group in action["forward"]["targetGroups"]]
        wanted["ForwardConfig"] = {"TargetGroups": groups}
        if action["forward"].get("stickiness"):
            wanted["ForwardConfig"]["TargetGroupStickinessConfig"] = to_boto(
                action["forward"]["stickiness"], "enabled", duration="DurationSeconds"
            )
    return wanted


def from_actions(actions: list[dict[str, Any]]) -> list[Values]:
    return [_from_action(action) for action in actions]


def _from_action(action: dict[str, Any]) -> Values:
    known = from_boto(action, "type order targetGroupArn", **_ACTIONS)
    forward = action.get("ForwardConfig") or {}
    groups = [from_boto(group, "weight", arn="TargetGroupArn") for group in forward.get("TargetGroups", [])]
    if groups:
        known["forward"] = {"targetGroups": groups}
        stickiness = forward.get("TargetGroupStickinessConfig") or {}
        if stickiness.get("Enabled"):
            known["forward"]["stickiness"] = from_boto(stickiness, "enabled", duration="DurationSeconds")
        # AWS reports a single target group in both places.
        if len(groups) == 1:
            known.setdefault("targetGroupArn", groups[0]["arn"])
    return known


def to_conditions(conditions: list[Values]) -> list[dict[str, Any]]:
    """Conditions for boto3. Raises ValueError for a kind that the embedded load balancer lacks."""
    wanted = []
    for condition in conditions:
        for name, value in condition.items():
            if name == "queryStrings":
                pairs = [to_boto(pair, "key value") for pair in value]
                wanted.append({"Field": "query-string", "QueryStringConfig": {"Values": pairs}})
            elif name in _CONDITIONS:
                field, config = _CONDITIONS[name]
                wanted.append({"Field": field, config: to_boto(value, "values httpHeaderName")})
            else:
                raise ValueError(f"the embedded load balancer does not support the condition {name}")
    return wanted


def from_conditions(conditions: list[dict[str, Any]]) -> list[Values]:
    known: list[Values] = []
    for condition in conditions:
        if condition["Field"] == "query-string":
            pairs = condition["QueryStringConfig"]["Values"]
            known.append({"queryStrings": [from_boto(pair, "key value") for pair in pairs]})
        for name, (field, config) in _CONDITIONS.items():
            if condition["Field"] == field:
                known.append({name: from_boto(condition.get(config) or condition, "values httpHeaderName")})
    return known
