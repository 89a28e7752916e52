"""HAProxy's Stream Processing Offload Protocol, version 2.0: frames, as an agent reads and writes them. Pure.

github.com/haproxy/haproxy/blob/v3.0.0/doc/SPOE.txt, section 3
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

HELLO, DISCONNECT, NOTIFY = 1, 2, 3
AGENT_HELLO, AGENT_DISCONNECT, ACK = 101, 102, 103
FINAL = 1
_TRANSACTION = 2
"""Scope of the variables that are set."""

_NULL, _BOOLEAN, _UNSIGNED, _STRING = 0, 1, 3, 8
_INTEGERS = (2, _UNSIGNED, 4, 5)
_ADDRESSES = {6: 4, 7: 16}
"""Bytes of an address, by type."""

Value = bool | int | str | bytes | None


@dataclass(frozen=True)
class Frame:
    kind: int
    stream: int
    number: int
    payload: bytes


def parse(content: bytes) -> Frame:
    """Parse a frame without its length. Raises ValueError for one in fragments, which an agent has to offer to take."""
    if not int.from_bytes(content[1:5], "big") & FINAL:
        raise ValueError("a frame comes in fragments")
    stream, at = _read_number(content, 5)
    number, at = _read_number(content, at)
    return Frame(content[0], stream, number, content[at:])


def render(frame: Frame) -> bytes:
    """Return a frame with its length in front."""
    content = bytes([frame.kind]) + FINAL.to_bytes(4, "big")
    content += _number(frame.stream) + _number(frame.number) + frame.payload
    return len(content).to_bytes(4, "big") + content


def hello(offered: Mapping[str, Value]) -> Frame:
    """Return the answer to HAProxy's first frame."""
    values = {"version": "2.0", "max-frame-size": int(offered.get("max-frame-size") or 0), "capabilities": "pipelining"}
    payload = b"".join(_text(name) + _value(value) for name, value in values.items())
    return Frame(AGENT_HELLO, 0, 0, payload)


def disconnect() -> Frame:
    return Frame(AGENT_DISCONNECT, 0, 0, _text("status-code") + _value(0) + _text("message") + _value("bye"))


def acknowledge(notified: Frame, variables: Mapping[str, Value]) -> Frame:
    """Return the answer to a message: variables of the transaction to set."""
    actions = [bytes([1, 3, _TRANSACTION]) + _text(name) + _value(value) for name, value in variables.items()]
    return Frame(ACK, notified.stream, notified.number, b"".join(actions))


def values_of(payload: bytes) -> dict[str, Value]:
    """Parse names and values to the end."""
    found: dict[str, Value] = {}
    at = 0
    while at < len(payload):
        name, at = _read_bytes(payload, at)
        found[name.decode()], at = _read_value(payload, at)
    return found


def arguments_of(payload: bytes) -> dict[str, Value]:
    """Parse the arguments of the first message."""
    _, at = _read_bytes(payload, 0)
    found: dict[str, Value] = {}
    count, at = payload[at], at + 1
    for _ in range(count):
        name, at = _read_bytes(payload, at)
        found[name.decode()], at = _read_value(payload, at)
    return found


def _read_number(data: bytes, at: int) -> tuple[int, int]:
    number, at = data[at], at + 1
    if number < 240:
        return number, at
    shift = 4
    while True:
        byte, at = data[at], at + 1
        number += byte << shift
        shift += 7
        if byte < 128:
            return number, at


def _number(number: int) -> bytes:
    if number < 240:
        return bytes([number])
    found = [number & 0xFF | 240]
    number = (number - 240) >> 4
    while number >= 128:
        found.append(number & 0xFF | 128)
        number = (number - 128) >> 7
    return bytes([*found, number])


def _read_bytes(data: bytes, at: int) -> tuple[bytes, int]:
    size, at = _read_number(data, at)
    return data[at : at + size], at + size


def _read_value(data: bytes, at: int) -> tuple[Value, int]:
    kind, flag, at = data[at] & 0x0F, bool(data[at] & 0x10), at + 1
    if kind in (_NULL, _BOOLEAN):
        return (flag if kind == _BOOLEAN else None), at
    if kind in _INTEGERS:
        return _read_number(data, at)
    if size := _ADDRESSES.get(kind):
        return str(ipaddress.ip_address(data[at : at + size])), at + size
    raw, at = _read_bytes(data, at)
    return (raw.decode("latin-1") if kind == _STRING else raw), at


def _text(text: str) -> bytes:
    raw = text.encode("latin-1")
    return _number(len(raw)) + raw


def _value(value: Any) -> bytes:
    if isinstance(value, bool):
        return bytes([_BOOLEAN | 0x10 * value])
    if isinstance(value, int):
        return bytes([_UNSIGNED]) + _number(value)
    return bytes([_STRING]) + _text(value)
