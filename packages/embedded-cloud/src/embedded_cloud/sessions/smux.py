"""Frames of smux version 1, by which a port forwarding session carries several connections. Pure.

github.com/xtaci/smux, "Specification"
"""

import struct
from collections.abc import Iterator

SYN, FIN, PSH, NOP = range(4)
"""Commands: a connection opens, a connection closes, data, keep-alive."""
LARGEST = 32_768
"""Bytes of data in a frame; the length field has 16 bits."""

_HEADER = struct.Struct("<BBHI")
_VERSION = 1


class FrameError(ValueError):
    """Bytes that are no frames."""


def frame(command: int, stream: int, data: bytes = b"") -> bytes:
    """One frame; at most LARGEST bytes of data."""
    return _HEADER.pack(_VERSION, command, len(data), stream) + data


class FrameReader:
    """Cuts a stream of bytes into frames."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Command, stream and data of each frame that is complete. Raises FrameError."""
        self._rest += data
        while len(self._rest) >= _HEADER.size:
            version, command, length, stream = _HEADER.unpack_from(self._rest)
            if version != _VERSION or command > NOP:
                raise FrameError(f"no frame of smux version {_VERSION}: version {version}, command {command}")
            end = _HEADER.size + length
            if len(self._rest) < end:
                return
            payload, self._rest = self._rest[_HEADER.size : end], self._rest[end:]
            yield command, stream, payload
