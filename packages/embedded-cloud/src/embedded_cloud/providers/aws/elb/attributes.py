"""Elastic Load Balancing: attributes of load balancers, listeners and target groups, as properties."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from embedded_cloud.providers.call import Call
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
