"""The listener that HAProxy asks about each request."""

import contextlib
import logging
import socket
import socketserver
import threading
from collections.abc import Callable, Mapping

from embedded_cloud.agents.waf import spop

logger = logging.getLogger(__name__)

IDLE_SECONDS = 180.0
"""Longest time between two frames: more than HAProxy's own, which closes the connection first."""
FRAME_SECONDS = 5.0
"""Longest time from the length of a frame to its end."""

Answer = Callable[[Mapping[str, spop.Value]], Mapping[str, spop.Value]]
"""Variables to set, out of the arguments of a message."""


class SpopServer:
    """Answers HAProxy's messages on a port of its own, one thread for each of its connections."""

    def __init__(self, host: str, answer: Answer) -> None:
        """Raises OSError when this machine does not have the address."""

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError, EOFError):
                    _serve(self.request, answer)

        self._server = _Server((host, 0), Handler)
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, name="waf-inspector", daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False


def _serve(connection: socket.socket, answer: Answer) -> None:
    """Answer frames until the connection ends. A malformed frame ends this connection only."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        while _serve_frame(connection, answer):
            pass
    except spop.FrameError as error:
        connection.sendall(spop.render(spop.disconnect(error.status, str(error))))
    except TimeoutError:
        connection.sendall(spop.render(spop.disconnect(spop.TIMEOUT, "a frame did not come in time")))


def _serve_frame(connection: socket.socket, answer: Answer) -> bool:
    """Answer one frame, and return whether more may come."""
    frame = _read_frame(connection)
    if frame.kind == spop.HELLO:
        offered = spop.values_of(frame.payload)
        connection.sendall(spop.render(spop.hello(offered)))
        return not offered.get("healthcheck")
    if frame.kind == spop.NOTIFY:
        arguments = spop.arguments_of(frame.payload)
        connection.sendall(spop.render(spop.acknowledge(frame, _answered(answer, arguments))))
        return True
    connection.sendall(spop.render(spop.disconnect()))
    return False


def _read_frame(connection: socket.socket) -> spop.Frame:
    connection.settimeout(IDLE_SECONDS)
    size = int.from_bytes(_exactly(connection, 4), "big")
    if size > spop.FRAME_BYTES:
        raise spop.FrameError(f"a frame has {size} bytes, more than {spop.FRAME_BYTES}", spop.TOO_BIG)
    connection.settimeout(FRAME_SECONDS)
    try:
        return spop.parse(_exactly(connection, size))
    except EOFError:
        raise spop.FrameError(f"a frame of {size} bytes is truncated") from None


def _answered(answer: Answer, arguments: Mapping[str, spop.Value]) -> Mapping[str, spop.Value]:
    try:
        return answer(arguments)
    except Exception:  # a fault here must not end the connection, nor block a request
        logger.exception("waf: a request was not inspected")
        return {}


def _exactly(connection: socket.socket, size: int) -> bytes:
    content = b""
    while len(content) < size:
        more = connection.recv(size - len(content))
        if not more:
            raise EOFError
        content += more
    return content
