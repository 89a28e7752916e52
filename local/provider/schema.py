"""What the installed SDK says about a type: its properties, which are required, and the shape of each.

Read from the SDK's own classes, so an entry can never accept what the program could not write for real AWS.
"""

import importlib
import inspect
import re
import threading
import typing
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any

import pulumi
from pulumi import _types

_IMPORT = threading.RLock()


@dataclass(frozen=True)
class Object:
    """An object with named properties, each with its type; `label` names it in messages."""

    label: str
    properties: Mapping[str, Any]
    required: frozenset[str]


@dataclass(frozen=True)
class Either:
    """One of several types: JSON as text or as an object, for instance."""

    choices: tuple[Any, ...]


def snake(name: str) -> str:
    """`cidrBlock` as a Python program writes it: `cidr_block`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def camel(name: str) -> str:
    """`cidr_block` as it travels to the provider: `cidrBlock`."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _module(token: str) -> tuple[Any, str]:
    package, path, name = token.split(":")
    parts = [part for part in path.split("/") if part != "index"]
    *folders, file = parts
    # The SDK imports its modules lazily, and Python 3.11's lazy loader shows other threads a half-made module.
    with _IMPORT:
        return importlib.import_module(".".join([f"pulumi_{package}", *folders, snake(file)])), name


@cache
def inputs_of(token: str) -> Object:
    """The arguments of a resource type. Raises LookupError when the SDK has no such type."""
    try:
        module, name = _module(token)
        # A nested class may own the name: `BucketVersioningArgs` belongs to Bucket.
        return object_of(getattr(module, f"{name}InitArgs", None) or getattr(module, f"{name}Args"), label=token)
    except (ImportError, AttributeError) as error:
        raise LookupError(f"the SDK has no resource type {token}") from error


@cache
def outputs_of(token: str) -> frozenset[str]:
    """Names of everything a resource of this type can report."""
    module, name = _module(token)
    return frozenset(_types.resource_types(getattr(module, name)))


@cache
def arguments_of(token: str) -> Object:
    """The arguments of a function. Raises LookupError when the SDK has no such function."""
    try:
        module, name = _module(token)
        function = getattr(module, snake(name))
    except (ImportError, AttributeError) as error:
        raise LookupError(f"the SDK has no function {token}") from error
    hints = typing.get_type_hints(function)
    names = [name for name in inspect.signature(function).parameters if name != "opts"]
    # The generated functions mark every argument as optional; what AWS insists on, the call itself reports.
    return Object(token, {camel(name): hints[name] for name in names}, frozenset())


@cache
def object_of(cls: type, label: str = "") -> Object:
    """The properties of one of the SDK's input classes."""
    names = _types.input_type_py_to_pulumi_names(cls)
    parameters = inspect.signature(cls).parameters
    required = frozenset(
        wire
        for name, wire in names.items()
        if name in parameters and parameters[name].default is inspect.Parameter.empty
    )
    return Object(label or cls.__name__, _types.input_type_types(cls), required)


def choices_of(annotation: Any) -> tuple[Any, ...]:
    """The types inside `Input[Optional[...]]`: scalars, Sequence[...], Mapping[...], input classes, or Any."""
    if typing.get_origin(annotation) not in (typing.Union, UnionType):
        return (_scalar(annotation),)
    inner = (choices_of(choice) for choice in typing.get_args(annotation) if _carries_a_value(choice))
    return tuple(dict.fromkeys(choice for choices in inner for choice in choices)) or (Any,)


def _scalar(annotation: Any) -> Any:
    # Enumerations of the SDK are not closed: AWS adds values before the SDK knows them.
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return next((base for base in (str, int, float) if issubclass(annotation, base)), Any)
    return annotation


def _carries_a_value(choice: Any) -> bool:
    origin = typing.get_origin(choice)
    return choice is not NoneType and origin not in (Awaitable, pulumi.Output) and not typing.is_typeddict(choice)


def is_input_class(annotation: Any) -> bool:
    """Whether this is one of the SDK's classes for a nested object."""
    return isinstance(annotation, type) and _types.is_input_type(annotation)


def element_type(annotation: Any) -> tuple[str, Any]:
    """("list"|"map", type of its elements), or ("", the type itself) for anything else."""
    origin = typing.get_origin(annotation)
    arguments = typing.get_args(annotation)
    if origin is not None and issubclass(origin, Mapping):
        return "map", arguments[1]
    if origin is not None and issubclass(origin, Sequence):
        return "list", arguments[0]
    return "", annotation
