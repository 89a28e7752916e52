"""Liveness on a port of its own, answered between requests by the loop that hands them to threads.

Slow requests, or a slow database, occupy threads only, so they do not make a task unhealthy. No answer comes from a
process that has ended or hangs; the port is shared, so one live process of a task is enough.
"""

import selectors
import socket
import time
from contextlib import suppress

PORT = 8006
IDLE_SECONDS = 5.0
"""After that a connection without a request is closed."""
_BODY = b'{"status": "alive"}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_BODY), _BODY)
)


class Liveness:
    """Answers on a listening socket whatever is asked. Never blocks."""

    def __init__(self, listener: socket.socket, poller: selectors.BaseSelector) -> None:
        """Register with the poller, whose events carry a callback as their data."""
        self._poller = poller
        self._since: dict[socket.socket, float] = {}
        listener.setblocking(False)
        poller.register(listener, selectors.EVENT_READ, self._accept)

    def close_idle(self) -> None:
        """Close connections whose request does not come."""
        now = time.monotonic()
        for connection, since in list(self._since.items()):
            if now - since > IDLE_SECONDS:
                self._close(connection)

    def _accept(self, listener: socket.socket) -> None:
        # Another process may have taken the connection.
        with suppress(OSError):
            connection, _ = listener.accept()
            connection.setblocking(False)
            self._since[connection] = time.monotonic()
            self._poller.register(connection, selectors.EVENT_READ, self._answer)

    def _answer(self, connection: socket.socket) -> None:
        with suppress(OSError):
            # Read first: closing a socket with unread bytes would reset the connection.
            if connection.recv(8192):
                connection.sendall(ANSWER)
                connection.shutdown(socket.SHUT_WR)
        self._close(connection)

    def _close(self, connection: socket.socket) -> None:
        del self._since[connection]
        self._poller.unregister(connection)
        connection.close()
