"""The listener that HAProxy asks about each request."""

import contextlib
import logging
import socket
import socketserver
import threading
from collections.abc import Callable, Mapping

from embedded_cloud.agents.waf import spop

logger = logging.getLogger(__name__)

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
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while True:
        frame = spop.parse(_exactly(connection, int.from_bytes(_exactly(connection, 4), "big")))
        if frame.kind == spop.HELLO:
            offered = spop.values_of(frame.payload)
            connection.sendall(spop.render(spop.hello(offered)))
            if offered.get("healthcheck"):
                return
        elif frame.kind == spop.NOTIFY:
            connection.sendall(spop.render(spop.acknowledge(frame, _answered(answer, frame))))
        elif frame.kind == spop.DISCONNECT:
            connection.sendall(spop.render(spop.disconnect()))
            return


def _answered(answer: Answer, frame: spop.Frame) -> Mapping[str, spop.Value]:
    try:
        return answer(spop.arguments_of(frame.payload))
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
