"""Constraints of a service model's shapes, compiled once: required members, type, length, range, pattern, enum."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from embedded_cloud.api.validation.documented import DOCUMENTED
from embedded_cloud.api.validation.traits import Path, Test, Violation, broken, limits, short_form, tests_of


@dataclass(frozen=True)
class Unreadable:
    """Stands for a value that cannot be read as its type."""


Check = Callable[[Any, Path, bool], Iterator[Violation]]
"""Yields the violations of a value at a path; True when the value is secret."""

NOT_NULL = "Member must not be null"
_SECRET_WORDS = (
    "password",
    "secretstring",
    "secretbinary",
    "secretaccesskey",
    "clientsecret",
    "privatekey",
    "plaintext",
    "sessiontoken",
)
"""Members with such a word in their name are treated as secret, because models do not mark all of them."""
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "character": (str,),
    "integer": (int,),
    "long": (int,),
    "short": (int,),
    "byte": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "blob": (bytes, str),
    "timestamp": (datetime, str, int, float),
    "structure": (Mapping,),
    "list": (list,),
    "map": (Mapping,),
}


def check_of(service: str, shape: StructureShape) -> Check:
    """The check of an operation's input. `service` is boto3's name."""
    return _Compiler(service).check(shape)


class _Compiler:
    """Makes the checks of one operation."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._known: dict[str, Check] = {}

    def check(self, shape: Shape) -> Check:
        """The check of a shape, made once. A model may contain itself, so an inner one is looked up when it runs."""
        if shape.name not in self._known:
            self._known[shape.name] = self._later(shape.name)
            self._known[shape.name] = _guarded(shape, self._parts(shape))
        return self._known[shape.name]

    def _later(self, name: str) -> Check:
        def check(value: Any, path: Path, secret: bool) -> Iterator[Violation]:
            return self._known[name](value, path, secret)

        return check

    def _parts(self, shape: Shape) -> Check:
        if isinstance(shape, StructureShape):
            # A document has no members.
            return _nothing if shape.is_document_type else self._structure(shape)
        if isinstance(shape, ListShape):
            return _list(shape, self.check(shape.member))
        if isinstance(shape, MapShape):
            return _map(shape, self.check(shape.key), self.check(shape.value))
        return _scalar(tests_of(shape.type_name, shape.metadata))

    def _structure(self, shape: StructureShape) -> Check:
        required = tuple(shape.required_members)
        members = {
            name: (self._member(shape.name, name, member), _is_secret(name, member))
            for name, member in shape.members.items()
        }

        def check(value: Any, path: Path, secret: bool) -> Iterator[Violation]:
            for name in required:
                if value.get(name) is None:
                    yield Violation(path=(*path, name), kind="missing", constraint=NOT_NULL)
            for name, item in value.items():
                if name in members and item is not None:
                    inner, hidden = members[name]
                    yield from inner(item, (*path, name), secret or hidden)

        return check

    def _member(self, structure: str, name: str, member: Shape) -> Check:
        documented = DOCUMENTED.get((self._service, structure, name))
        if documented is None:
            return self.check(member)
        return _guarded(member, _scalar(tests_of(member.type_name, {**member.metadata, **documented.traits})))


def _guarded(shape: Shape, check: Check) -> Check:
    """Check the type first."""
    wanted = _TYPES.get(shape.type_name, (object,))
    sensitive = bool(shape.metadata.get("sensitive"))

    def guarded(value: Any, path: Path, secret: bool) -> Iterator[Violation]:
        if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted and object not in wanted):
            yield Violation(path=path, kind="type", constraint=f"Member must be of type {shape.type_name}")
        else:
            yield from check(value, path, secret or sensitive)

    return guarded


def _nothing(_value: Any, _path: Path, _secret: bool) -> Iterator[Violation]:
    yield from ()


def _is_secret(name: str, member: Shape) -> bool:
    return member.type_name in ("string", "blob") and any(word in name.lower() for word in _SECRET_WORDS)


def _list(shape: ListShape, inner: Check) -> Check:
    size = limits(shape.metadata, "length", len)
    element = _sentences(shape.member)
    hidden = bool(shape.member.metadata.get("sensitive"))

    def check(value: Any, path: Path, secret: bool) -> Iterator[Violation]:
        yield from broken(size, value, path, secret or hidden)
        for position, item in enumerate(value, 1):
            found = list(inner(item, (*path, position, "member"), secret))
            if element and any(one.kind == "constraint" for one in found):
                # AWS reports the whole list when its elements are plain values.
                text = f"Member must satisfy constraint: [{', '.join([*element, NOT_NULL])}]"
                shown = None if secret or hidden else short_form(value)
                yield Violation(path=path, kind="constraint", constraint=text, value=shown)
                return
            yield from found

    return check


def _map(shape: MapShape, key: Check, inner: Check) -> Check:
    size = limits(shape.metadata, "length", len)
    keys, values = _sentences(shape.key), _sentences(shape.value)

    def check(value: Any, path: Path, secret: bool) -> Iterator[Violation]:
        yield from broken(size, value, path, secret)
        for name, item in value.items():
            if any(key(name, path, secret)):
                text = f"Map keys must satisfy constraint: [{', '.join([*keys, NOT_NULL])}]"
                yield Violation(path=path, kind="constraint", constraint=text)
            found = list(inner(item, (*path, str(name), "member"), secret))
            if values and found:
                text = f"Map value must satisfy constraint: [{', '.join([*values, NOT_NULL])}]"
                yield Violation(path=path, kind="constraint", constraint=text)
            else:
                yield from found

    return check


def _scalar(tests: tuple[Test, ...]) -> Check:
    if not tests:
        return _nothing

    def check(value: Any, path: Path, secret: bool) -> Iterator[Violation]:
        yield from broken(tests, value, path, secret)

    return check


def _sentences(shape: Shape) -> list[str]:
    return [sentence for _, sentence in tests_of(shape.type_name, shape.metadata)]
