"""Convert property values between protobuf and Python, with secrets and unknown values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import struct_pb2

Values = dict[str, Any]
"""Properties by their wire name (`cidrBlock`); values are str, int, float, bool, list, dict or UNKNOWN."""

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""Key that marks an object as a secret, an asset or an archive."""
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 # the protocol's mark, not a secret
ASSET = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"

UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWNS = {
    UNKNOWN_STRING,
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
}


class Unknown:
    """A value that is not known in a preview."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()


@dataclass(frozen=True)
class Properties:
    """Properties of one message: plain values, and the top-level names with a secret inside."""

    values: Values
    secrets: frozenset[str] = field(default_factory=frozenset)


def decode(message: struct_pb2.Struct) -> Properties:
    """Convert a message: whole numbers become int, secrets are unwrapped, nulls at the top level are left out."""
    secrets: set[str] = set()
    values: Values = {}
    for name, value in message.fields.items():
        found: list[bool] = []
        plain = _plain(value, found)
        if plain is not None:
            values[name] = plain
        if found:
            secrets.add(name)
    return Properties(values, frozenset(secrets))


def _plain(value: struct_pb2.Value, secret: list[bool]) -> Any:
    match value.WhichOneof("kind"):
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return UNKNOWN if value.string_value in _UNKNOWNS else value.string_value
        case "bool_value":
            return value.bool_value
        case "list_value":
            return [_plain(item, secret) for item in value.list_value.values]
        case "struct_value":
            return _plain_struct(value.struct_value, secret)
        case _:
            return None


def _plain_struct(message: struct_pb2.Struct, secret: list[bool]) -> Any:
    if SIGNATURE in message.fields and message.fields[SIGNATURE].string_value == SECRET:
        secret.append(True)
        return _plain(message.fields["value"], secret)
    return {name: _plain(item, secret) for name, item in message.fields.items()}


def encode(values: Mapping[str, Any], secrets: Iterable[str] = ()) -> struct_pb2.Struct:
    """The opposite of `decode`. The properties in `secrets` are marked as secret."""
    hidden = frozenset(secrets)
    message = struct_pb2.Struct()
    message.update(
        {
            name: {SIGNATURE: SECRET, "value": _wire(value)} if name in hidden else _wire(value)
            for name, value in values.items()
            if value is not None
        }
    )
    return message


def _wire(value: Any) -> Any:
    if isinstance(value, Unknown):
        return UNKNOWN_STRING
    if isinstance(value, Mapping):
        return {str(name): _wire(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_wire(item) for item in value]
    return value


def contains_unknown(value: Any) -> bool:
    """Whether the value, or anything in it, is unknown."""
    if isinstance(value, Mapping):
        return any(contains_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(contains_unknown(item) for item in value)
    return isinstance(value, Unknown)
