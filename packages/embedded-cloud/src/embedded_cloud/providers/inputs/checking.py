"""Validate inputs against the SDK, the entry and the account; fill in names and default tags."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pulumi
from botocore.exceptions import ClientError

from embedded_cloud.providers.call import Call
from embedded_cloud.providers.catalog import HOW_TO_ADD
from embedded_cloud.providers.entry import Function, Reference, ResourceType, fill_name
from embedded_cloud.providers.failures import OperationError, is_missing
from embedded_cloud.providers.inputs import schema
from embedded_cloud.providers.values import ARCHIVE, ASSET, SIGNATURE, Unknown, Values, contains_unknown

_SCALARS = {str: "a string", bool: "true or false", int: "a whole number", float: "a number"}


@dataclass(frozen=True)
class Failure:
    """One wrong property: its path (`healthCheck.path`) and the broken rule."""

    property: str
    reason: str


def check_object(values: Mapping[str, Any], shape: schema.Object, path: str = "") -> Iterator[Failure]:
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


def check_references(entry: ResourceType, call: Call) -> None:
    """Raise OperationError, with property and value, for the first reference to a resource that does not exist."""
    itself = replace(call, clients=call.clients.of_aws)
    for path, reference in entry.references.items():
        if not call.changed(path.split(".", maxsplit=1)[0]):
            continue
        for value in _values_at(call.inputs, path.split(".")):
            if not _exists(reference, itself, value):
                raise OperationError(f'{path}: there is no {reference.label} "{value}"')


def _exists(reference: Reference, call: Call, value: str) -> bool:
    try:
        return bool(reference.exists(call, value))
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if is_missing(error) or "Malformed" in code or "Validation" in code or "Invalid" in code:
            return False
        raise


def _values_at(value: Any, path: list[str]) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _values_at(item, path)
    elif path and isinstance(value, Mapping):
        yield from _values_at(value.get(path[0]), path[1:])
    elif isinstance(value, str):
        yield value


@dataclass(frozen=True)
class Naming:
    """The engine's request for an automatic name."""

    name: str
    seed: bytes
    proposed: str = ""
    disabled: bool = False


def check(entry: ResourceType, inputs: Values, olds: Values, naming: Naming, tags: dict[str, str]) -> list[Failure]:
    """Failures of the inputs; adds name and default tags to them, in place."""
    failures = list(_failures(entry, inputs))
    if entry.name is not None and not naming.disabled:
        fill_name(entry.name, naming.name, inputs, olds, naming.seed, naming.proposed)
    if entry.complete is not None and not failures:
        entry.complete(inputs)
    own = inputs.get("tags", {})
    if entry.tags is not None and tags and isinstance(own, dict):
        inputs["tagsAll"] = tags | own
    return failures


def _failures(entry: ResourceType, inputs: Values) -> Iterator[Failure]:
    shape = schema.inputs_of(entry.token)
    wrong = list(check_object(inputs, shape))
    yield from wrong
    for name in sorted(set(inputs) & set(shape.properties) - entry.accepts()):
        yield Failure(
            name,
            f'the embedded cloud does not support "{name}" of {entry.token}. '
            f"It supports: {', '.join(sorted(entry.accepts()))}. {HOW_TO_ADD}",
        )
    if not wrong and entry.check is not None:
        yield from (Failure(name, reason) for name, reason in entry.check(inputs))


def check_arguments(function: Function, arguments: Values) -> list[Failure]:
    """Failures of a function's arguments."""
    shape = schema.arguments_of(function.token)
    failures: list[Failure] = []
    for name, value in arguments.items():
        if name not in shape.properties:
            failures.append(Failure(name, unknown_property(name, function.token, shape.properties)))
        elif not contains_unknown(value):
            failures.extend(check_value(value, shape.properties[name], name))
    return failures
