"""Validate inputs against the SDK and the entry, and fill in names and default tags."""

from collections.abc import Iterator
from dataclasses import dataclass

from embedded_cloud.providers.catalog import HOW_TO_ADD
from embedded_cloud.providers.entry import Function, ResourceType
from embedded_cloud.providers.inputs import schema
from embedded_cloud.providers.inputs.validation import Failure, check_object, check_value, unknown_property
from embedded_cloud.providers.naming import fill_name
from embedded_cloud.providers.values import Values, contains_unknown


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
