"""Properties of a type in the installed SDK: names, types, and which are required.

They come from the SDK's classes, so an entry accepts nothing that a program cannot write for AWS.
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

_LOADING = threading.Lock()


@dataclass(frozen=True)
class Object:
    """Names and types of an object's properties; `label` names the object in messages."""

    label: str
    properties: Mapping[str, Any]
    required: frozenset[str]


def snake(name: str) -> str:
    """Convert `cidrBlock` to `cidr_block`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def camel(name: str) -> str:
    """Convert `cidr_block` to `cidrBlock`."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _member(token: str, name: str) -> Any:
    """Attribute `name` of the SDK's package for a token; None when it has none."""
    package, path, _ = token.split(":")
    # The SDK loads its packages on first use, which is not thread-safe.
    with _LOADING:
        module: Any = importlib.import_module(f"pulumi_{package}")
        for folder in path.split("/")[:-1]:
            # By attribute: an import by name leaves a package of the SDK partially loaded.
            module = module if folder == "index" else getattr(module, folder, None)
        return getattr(module, name, None)


@cache
def inputs_of(token: str) -> Object:
    """Arguments of a resource type. Raises LookupError for a type that the SDK lacks."""
    name = token.rsplit(":", 1)[-1]
    # A nested class may have the name: `BucketVersioningArgs` belongs to Bucket.
    arguments = _member(token, f"{name}InitArgs") or _member(token, f"{name}Args")
    if arguments is None:
        raise LookupError(f"the SDK has no resource type {token}")
    return object_of(arguments, label=token)


@cache
def outputs_of(token: str) -> frozenset[str]:
    return frozenset(_types.resource_types(_member(token, token.rsplit(":", 1)[-1])))


@cache
def arguments_of(token: str) -> Object:
    """Arguments of a function. Raises LookupError for a function that the SDK lacks."""
    function = _member(token, snake(token.rsplit(":", 1)[-1]))
    if function is None:
        raise LookupError(f"the SDK has no function {token}")
    hints = typing.get_type_hints(function)
    names = [name for name in inspect.signature(function).parameters if name != "opts"]
    # The generated functions mark every argument as optional; AWS reports a missing one.
    return Object(token, {camel(name): hints[name] for name in names}, frozenset())


@cache
def object_of(cls: type, label: str = "") -> Object:
    names = _types.input_type_py_to_pulumi_names(cls)
    parameters = inspect.signature(cls).parameters
    required = frozenset(
        wire
        for name, wire in names.items()
        if name in parameters and parameters[name].default is inspect.Parameter.empty
    )
    return Object(label or cls.__name__, _types.input_type_types(cls), required)


def choices_of(annotation: Any) -> tuple[Any, ...]:
    """Types inside `Input[Optional[...]]`: scalars, Sequence[...], Mapping[...], input classes, or Any."""
    if typing.get_origin(annotation) not in (typing.Union, UnionType):
        return (_scalar(annotation),)
    inner = (choices_of(choice) for choice in typing.get_args(annotation) if _carries_a_value(choice))
    return tuple(dict.fromkeys(choice for choices in inner for choice in choices)) or (Any,)


def _scalar(annotation: Any) -> Any:
    # AWS accepts values that are not yet in the SDK's enumerations.
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return next((base for base in (str, int, float) if issubclass(annotation, base)), Any)
    return annotation


def _carries_a_value(choice: Any) -> bool:
    origin = typing.get_origin(choice)
    return choice is not NoneType and origin not in (Awaitable, pulumi.Output) and not typing.is_typeddict(choice)


def is_input_class(annotation: Any) -> bool:
    """Whether this is the SDK's class of a nested object."""
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
