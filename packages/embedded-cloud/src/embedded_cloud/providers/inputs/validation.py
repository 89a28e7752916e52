"""Find unknown or missing properties and values of the wrong type, by the SDK's classes."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from embedded_cloud.providers.inputs import schema
from embedded_cloud.providers.values import ARCHIVE, ASSET, SIGNATURE, Unknown

_SCALARS = {str: "a string", bool: "true or false", int: "a whole number", float: "a number"}


@dataclass(frozen=True)
class Failure:
    """One wrong property: its path (`healthCheck.path`) and the broken rule."""

    property: str
    reason: str


def check_object(values: Mapping[str, Any], shape: schema.Object, path: str = "") -> Iterator[Failure]:
    """Failures of `values` against `shape`."""
    for name, value in values.items():
        if name.startswith("__"):
            continue
        where = f"{path}.{name}" if path else name
        if name not in shape.properties:
            yield Failure(where, unknown_property(name, shape.label, shape.properties))
        elif value is not None:
            yield from check_value(value, shape.properties[name], where)
    for name in sorted(shape.required):
        if values.get(name) is None:
            yield Failure(f"{path}.{name}" if path else name, f'missing: {shape.label} requires "{name}"')


def unknown_property(name: str, label: str, known: Iterable[str]) -> str:
    """Message for a property that does not exist, with the closest one that does."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    hint = f' Did you mean "{close[0]}"?' if close else ""
    return f'{label} has no property "{name}".{hint} It has: {", ".join(names)}'


def check_value(value: Any, annotation: Any, path: str) -> Iterator[Failure]:
    """Failures of one value against the SDK's annotation; none if one of its types fits."""
    attempts = [list(_check_one(value, kind, path)) for kind in schema.choices_of(annotation)]
    if all(attempts):
        # The most deeply nested failures come from the intended type.
        yield from max(attempts, key=lambda failures: max(len(failure.property) for failure in failures))


def _check_one(value: Any, kind: Any, path: str) -> Iterator[Failure]:
    if isinstance(value, Unknown) or kind is Any:
        return
    container, element = schema.element_type(kind)
    if container == "list":
        yield from _check_list(value, element, path)
    elif container == "map":
        yield from _check_map(value, element, path)
    elif schema.is_input_class(kind):
        if isinstance(value, Mapping):
            yield from check_object(value, schema.object_of(kind), path)
        else:
            yield Failure(path, f"must be an object ({kind.__name__}), not {_describe(value)}")
    elif isinstance(kind, type) and issubclass(kind, pulumi.Asset | pulumi.Archive):
        if not isinstance(value, Mapping) or value.get(SIGNATURE) not in (ASSET, ARCHIVE):
            yield Failure(path, f"must be an asset or an archive, not {_describe(value)}")
    elif kind in _SCALARS and not _is_scalar(value, kind):
        yield Failure(path, f"must be {_SCALARS[kind]}, not {_describe(value)}")


def _check_list(value: Any, element: Any, path: str) -> Iterator[Failure]:
    if not isinstance(value, list):
        yield Failure(path, f"must be a list, not {_describe(value)}")
        return
    for position, item in enumerate(value):
        yield from check_value(item, element, f"{path}[{position}]")


def _check_map(value: Any, element: Any, path: str) -> Iterator[Failure]:
    if not isinstance(value, Mapping):
        yield Failure(path, f"must be a map, not {_describe(value)}")
        return
    for key, item in value.items():
        yield from check_value(item, element, f"{path}.{key}")


def _is_scalar(value: Any, kind: type) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is kind


def _describe(value: Any) -> str:
    # The type only: the value may be a secret.
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return _SCALARS.get(type(value), type(value).__name__)
