"""HAProxy's Stream Processing Offload Protocol, version 2.0: frames, as an agent reads and writes them. Pure.

github.com/haproxy/haproxy/blob/v3.0.0/doc/SPOE.txt, section 3
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from embedded_cloud.agents.elb.limits import BUFFER

HELLO, DISCONNECT, NOTIFY = 1, 2, 3
AGENT_HELLO, AGENT_DISCONNECT, ACK = 101, 102, 103
_KINDS = (HELLO, DISCONNECT, NOTIFY)
FINAL = 1
NORMAL, TIMEOUT, TOO_BIG, INVALID, BAD_SIZE, FRAGMENTED = 0, 2, 3, 4, 9, 10
"""Why a connection ends, in the frame that says so (SPOE.txt, section 3.5)."""
FRAME_BYTES = BUFFER
"""Largest frame. HAProxy offers its buffer without the length in front."""
SMALLEST_FRAME_BYTES = 256
_TRANSACTION = 2
"""Scope of the variables that are set."""

_NULL, _BOOLEAN, _UNSIGNED, _STRING, _BINARY = 0, 1, 3, 8, 9
_INTEGERS = (2, _UNSIGNED, 4, 5)
_ADDRESSES = {6: 4, 7: 16}
"""Bytes of an address, by type."""

Value = bool | int | str | bytes | None


class FrameError(ValueError):
    """A frame that cannot be read, so the connection has to end with this status."""

    def __init__(self, message: str, status: int = INVALID) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Frame:
    kind: int
    stream: int
    number: int
    payload: bytes


def parse(content: bytes) -> Frame:
    """Parse a frame of HAProxy without its length. Raises FrameError.

    Frames in fragments are refused: an agent has to offer to take them.
    """
    kind, at = _read_byte(content, 0)
    flags, at = _take(content, at, 4)
    if kind not in _KINDS:
        raise FrameError(f"frames of type {kind} are not known")
    if not int.from_bytes(flags, "big") & FINAL:
        raise FrameError("a frame comes in fragments", FRAGMENTED)
    stream, at = _read_number(content, at)
    number, at = _read_number(content, at)
    return Frame(kind, stream, number, content[at:])


def render(frame: Frame) -> bytes:
    """Return a frame with its length in front."""
    content = bytes([frame.kind]) + FINAL.to_bytes(4, "big")
    content += _number(frame.stream) + _number(frame.number) + frame.payload
    return len(content).to_bytes(4, "big") + content


def hello(offered: Mapping[str, Value]) -> Frame:
    """Return the answer to HAProxy's first frame. Raises FrameError."""
    size = offered.get("max-frame-size")
    if not isinstance(size, int) or size < SMALLEST_FRAME_BYTES:
        raise FrameError(f"max-frame-size is {size!r}, but has to be {SMALLEST_FRAME_BYTES} or more", BAD_SIZE)
    values = {"version": "2.0", "max-frame-size": min(size, FRAME_BYTES), "capabilities": "pipelining"}
    payload = b"".join(_text(name) + _value(value) for name, value in values.items())
    return Frame(AGENT_HELLO, 0, 0, payload)


def disconnect(status: int = NORMAL, message: str = "bye") -> Frame:
    return Frame(AGENT_DISCONNECT, 0, 0, _text("status-code") + _value(status) + _text("message") + _value(message))


def acknowledge(notified: Frame, variables: Mapping[str, Value]) -> Frame:
    """Return the answer to a message: variables of the transaction to set."""
    actions = [bytes([1, 3, _TRANSACTION]) + _text(name) + _value(value) for name, value in variables.items()]
    return Frame(ACK, notified.stream, notified.number, b"".join(actions))


def values_of(payload: bytes) -> dict[str, Value]:
    """Parse names and values to the end. Raises FrameError."""
    found: dict[str, Value] = {}
    at = 0
    while at < len(payload):
        name, at = _read_bytes(payload, at)
        found[name.decode("latin-1")], at = _read_value(payload, at)
    return found


def arguments_of(payload: bytes) -> dict[str, Value]:
    """Parse the arguments of the first message. Raises FrameError."""
    _, at = _read_bytes(payload, 0)
    found: dict[str, Value] = {}
    count, at = _read_byte(payload, at)
    for _ in range(count):
        name, at = _read_bytes(payload, at)
        found[name.decode("latin-1")], at = _read_value(payload, at)
    return found


def _take(data: bytes, at: int, size: int) -> tuple[bytes, int]:
    if size > len(data) - at:
        raise FrameError(f"a frame of {len(data)} bytes ends before byte {at + size}")
    return data[at : at + size], at + size


def _read_byte(data: bytes, at: int) -> tuple[int, int]:
    found, at = _take(data, at, 1)
    return found[0], at


def _read_number(data: bytes, at: int) -> tuple[int, int]:
    number, at = _read_byte(data, at)
    if number < 240:
        return number, at
    for shift in range(4, 64, 7):
        byte, at = _read_byte(data, at)
        number += byte << shift
        if byte < 128:
            return number, at
    raise FrameError("a number has more than 64 bits")


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
    return _take(data, at, size)


def _read_value(data: bytes, at: int) -> tuple[Value, int]:
    byte, at = _read_byte(data, at)
    kind, flag = byte & 0x0F, bool(byte & 0x10)
    if kind in (_NULL, _BOOLEAN):
        return (flag if kind == _BOOLEAN else None), at
    if kind in _INTEGERS:
        return _read_number(data, at)
    if size := _ADDRESSES.get(kind):
        raw, at = _take(data, at, size)
        return str(ipaddress.ip_address(raw)), at
    if kind not in (_STRING, _BINARY):
        raise FrameError(f"values of type {kind} are not known")
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
