"""Check: the program's inputs, validated against the SDK and the entry, with names and default tags filled in."""

from collections.abc import Iterator
from dataclasses import dataclass

from local.provider import schema
from local.provider.entry import Function, ResourceType
from local.provider.naming import fill_name
from local.provider.validation import Failure, check_object, check_value, unknown_property
from local.provider.values import Values, contains_unknown


@dataclass(frozen=True)
class Naming:
    """What the engine says about automatic names."""

    name: str
    seed: bytes
    proposed: str = ""
    disabled: bool = False


def check(entry: ResourceType, inputs: Values, olds: Values, naming: Naming, tags: dict[str, str]) -> list[Failure]:
    """All that is wrong with the inputs; completes them in place with a name and the provider's default tags."""
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
            f'the embedded cloud does not carry "{name}" of {entry.token}. '
            f"It carries: {', '.join(sorted(entry.accepts()))}. Add it to the entry in local/provider/",
        )
    if not wrong and entry.check is not None:
        yield from (Failure(name, reason) for name, reason in entry.check(inputs))


def check_arguments(function: Function, arguments: Values) -> list[Failure]:
    """All that is wrong with the arguments of a function."""
    shape = schema.arguments_of(function.token)
    failures: list[Failure] = []
    for name, value in arguments.items():
        if name not in shape.properties:
            failures.append(Failure(name, unknown_property(name, function.token, shape.properties)))
        elif not contains_unknown(value):
            failures.extend(check_value(value, shape.properties[name], name))
    return failures
