"""One data channel: numbered messages over a websocket, each acknowledged, sent again until they are.

The client drops what comes before its session is ready, so a message may have to be sent twice although nothing on
the way loses any.
"""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection

from embedded_cloud.sessions.messages import (
    ACKNOWLEDGE,
    CLOSED,
    DATA,
    HANDSHAKE_COMPLETE,
    HANDSHAKE_REQUEST,
    HANDSHAKE_RESPONSE,
    INPUT,
    OUTPUT,
    Message,
    json_bytes,
    message,
)

AGENT_VERSION = "3.3.2299.0"
"""Plugins multiplex connections with an agent above 3.0.196.0, and send no keep-alive of their own to one above
3.1.1511.0 (github.com/aws/session-manager-plugin, src/config/config.go)."""
PAYLOAD_BYTES = 1024
"""Data in one message of AWS's agent."""
WINDOW = 256
"""Messages that may wait for their acknowledgement; the client keeps up to 10,000 out of order."""
RESEND_SECONDS = 0.2


class ChannelClosedError(Exception):
    """The client has gone, or the session was terminated."""


class DataChannel:
    """`receive` runs in one thread; `send` may be called by any."""

    def __init__(self, socket: ServerConnection) -> None:
        self._socket = socket
        self._expected = 0
        self._next = 0
        self._waiting: dict[int, tuple[bytes, float]] = {}
        """Sent and not acknowledged: content and time of the last attempt, by number."""
        self._changed = threading.Condition()
        self._closed = False

    def token(self) -> str:
        """The token of the client's first message, which is JSON."""
        try:
            return str(json.loads(self._socket.recv(timeout=10))["TokenValue"])
        except (ConnectionClosed, KeyError, TimeoutError, TypeError, ValueError):
            return ""

    def handshake(self, session_type: str, properties: Mapping[str, Any]) -> None:
        """Tell the client what kind of session this is. Raises ChannelClosedError when it does not agree."""
        began = time.monotonic()
        action = {
            "ActionType": "SessionType",
            "ActionParameters": {"SessionType": session_type, "Properties": dict(properties)},
        }
        request = {"AgentVersion": AGENT_VERSION, "RequestedClientActions": [action]}
        self.send(json_bytes(request), HANDSHAKE_REQUEST)
        answer = next((one for one in self.receive() if one.payload_type == HANDSHAKE_RESPONSE), None)
        if answer is None or answer.value().get("Errors"):
            raise ChannelClosedError
        took = int((time.monotonic() - began) * 1e9)
        self.send(json_bytes({"HandshakeTimeToComplete": took, "CustomerMessage": ""}), HANDSHAKE_COMPLETE)

    def send(self, payload: bytes, payload_type: int = DATA) -> None:
        """Send one payload, in pieces if it is data. Waits while too many are unacknowledged.

        Raises ChannelClosedError.
        """
        step = PAYLOAD_BYTES if payload_type == DATA else max(len(payload), 1)
        with self._changed:
            for start in range(0, len(payload), step):
                self._changed.wait_for(lambda: self._closed or len(self._waiting) < WINDOW)
                self._send_one(payload[start : start + step], payload_type)

    def receive(self) -> Iterator[Message]:
        """The client's messages in order, each once, until the client goes or the channel is closed."""
        try:
            while not self._closed:
                yield from self._receive_one()
        except (ConnectionClosed, ChannelClosedError):
            self.end()

    def close(self, output: str = "") -> None:
        """Wait for the last acknowledgements, and tell the client that the session is over; `output` says why."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self._waiting, timeout=5)
            if not self._closed:
                self._write(message(CLOSED, json_bytes({"MessageType": CLOSED, "Output": output})).to_bytes())
        self.end()

    def end(self) -> None:
        """Close the websocket, and wake whoever waits."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._socket.close()

    def _receive_one(self) -> Iterator[Message]:
        try:
            data = self._socket.recv(timeout=RESEND_SECONDS / 2)
        except TimeoutError:
            self._resend()
            return
        if isinstance(data, str):
            return
        found = Message.from_bytes(data)
        if found.kind == ACKNOWLEDGE:
            self._acknowledged(int(found.value().get("AcknowledgedMessageSequenceNumber", -1)))
        elif found.kind == INPUT and found.sequence <= self._expected:
            with self._changed:
                self._write(found.acknowledgement().to_bytes())
            if found.sequence == self._expected:
                self._expected += 1
                yield found

    def _send_one(self, payload: bytes, payload_type: int) -> None:
        if self._closed:
            raise ChannelClosedError
        content = message(OUTPUT, payload, sequence=self._next, payload_type=payload_type).to_bytes()
        self._waiting[self._next] = (content, time.monotonic())
        self._next += 1
        self._write(content)

    def _acknowledged(self, sequence: int) -> None:
        with self._changed:
            self._waiting.pop(sequence, None)
            self._changed.notify_all()
            # Data flows, so the pauses in which `_receive_one` sends again may not come.
            self._resend()

    def _resend(self) -> None:
        now = time.monotonic()
        with self._changed:
            for sequence, (content, sent) in list(self._waiting.items()):
                if now - sent < RESEND_SECONDS:
                    return
                self._waiting[sequence] = (content, now)
                self._write(content)

    def _write(self, content: bytes) -> None:
        try:
            self._socket.send(content)
        except ConnectionClosed:
            self._closed = True
            self._changed.notify_all()
            raise ChannelClosedError from None
