"""Messages of a data channel: a binary header of 120 bytes, then the payload. Pure.

The layout is that of AWS's agent (github.com/aws/amazon-ssm-agent, agent/session/contracts/messageparser.go).
"""

import hashlib
import json
import struct
import time
import uuid
from dataclasses import dataclass
from typing import Any

INPUT, OUTPUT, ACKNOWLEDGE, CLOSED = "input_stream_data", "output_stream_data", "acknowledge", "channel_closed"
"""Message types: to the task, from the task, both ways, from the service."""

DATA, SIZE, HANDSHAKE_REQUEST, HANDSHAKE_RESPONSE, HANDSHAKE_COMPLETE, FLAG = 1, 3, 5, 6, 7, 10
"""Payload types."""
TERMINATE_SESSION, CONNECT_ERROR = 2, 3
"""Values of a FLAG."""

_HEADER = struct.Struct(">I32sIQqQ16s32sII")
# The field holds the length without the payload's own length field.
_HEADER_LENGTH = _HEADER.size - 4
_ACKNOWLEDGE_FLAGS = 3


class MessageError(ValueError):
    """Bytes that are no message."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message."""

    kind: str
    payload: bytes
    sequence: int = 0
    payload_type: int = 0
    flags: int = 0
    identifier: uuid.UUID

    def to_bytes(self) -> bytes:
        """The message as it is sent."""
        head = _HEADER.pack(
            _HEADER_LENGTH,
            self.kind.ljust(32).encode(),
            1,
            int(time.time() * 1000),
            self.sequence,
            self.flags,
            _swapped(self.identifier.bytes),
            hashlib.sha256(self.payload).digest(),
            self.payload_type,
            len(self.payload),
        )
        return head + self.payload

    @classmethod
    def from_bytes(cls, data: bytes) -> "Message":
        """Read a message. Raises MessageError when it is too short or its digest is not that of its payload."""
        if len(data) < _HEADER.size:
            raise MessageError(f"a message of {len(data)} bytes is shorter than its header")
        length, kind, _, _, sequence, flags, identifier, digest, payload_type, _ = _HEADER.unpack_from(data)
        payload = data[length + 4 :]
        if payload and hashlib.sha256(payload).digest() != digest:
            raise MessageError("the digest of a message is not that of its payload")
        return cls(
            kind=kind.decode("ascii", "replace").strip("\0 "),
            payload=payload,
            sequence=sequence,
            payload_type=payload_type,
            flags=flags,
            identifier=uuid.UUID(bytes=_swapped(identifier)),
        )

    def acknowledgement(self) -> "Message":
        """The answer to this message."""
        return message(
            ACKNOWLEDGE,
            json_bytes(
                {
                    "AcknowledgedMessageType": self.kind,
                    "AcknowledgedMessageId": str(self.identifier),
                    "AcknowledgedMessageSequenceNumber": self.sequence,
                    "IsSequentialMessage": True,
                }
            ),
            flags=_ACKNOWLEDGE_FLAGS,
        )

    def value(self) -> dict[str, Any]:
        """The payload's JSON object; empty when it is none."""
        try:
            read = json.loads(self.payload)
        except ValueError:
            return {}
        return read if isinstance(read, dict) else {}


def message(kind: str, payload: bytes, *, sequence: int = 0, payload_type: int = 0, flags: int = 0) -> Message:
    """A new message."""
    return Message(
        kind=kind,
        payload=payload,
        sequence=sequence,
        payload_type=payload_type,
        flags=flags,
        identifier=uuid.uuid4(),
    )


def json_bytes(value: object) -> bytes:
    """The value as a payload."""
    return json.dumps(value).encode()


def _swapped(identifier: bytes) -> bytes:
    # The less significant half of the UUID comes first.
    return identifier[8:] + identifier[:8]
