"""gunicorn's worker for ASGI: uvicorn, with a time limit for requests, liveness on a port of its own, and a drain."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from uvicorn.server import Server
from uvicorn_worker import UvicornWorker

from django_hosting.application import application
from django_hosting.deadline import TIMEOUT_LOCATION, limit_of, request_timeout
from django_hosting.liveness import ANSWER, IDLE_SECONDS, PORT

log = logging.getLogger(__name__)
Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Callable[[], Awaitable[Message]], Send], Awaitable[Any]]

PONG_SECONDS = 20.0
"""A WebSocket whose client does not answer a ping for so long is closed; also the longest interval of pings."""
PROXY_SECONDS = 5
"""How much longer the proxy waits than a request may take, for a WebSocket too (docker/bin/start-proxy)."""
DRAIN_SHARE = 0.3
"""Share of the time to stop in which WebSockets stay open and requests are still taken."""


class AsgiWorker(UvicornWorker):
    """After SIGTERM it serves on for the drain, then closes WebSockets with 1012 and lets requests in flight end."""

    sockets: list[Any]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        errors = logging.getLogger("uvicorn.error")
        errors.propagate = self.log.error_log.propagate
        # Below, it names the address of each WebSocket with its query.
        errors.setLevel(logging.WARNING)
        self._liveness_sockets = [one for one in self.sockets if _port(one) == PORT]
        self.sockets = [one for one in self.sockets if _port(one) != PORT]
        self.drain_seconds = DRAIN_SHARE * self.cfg.graceful_timeout
        self.config.ws_ping_interval = ping_seconds(request_timeout(), application().path_seconds)
        self.config.ws_ping_timeout = PONG_SECONDS
        # The rest of the time after the drain, with a second for the end of the process.
        self.config.timeout_graceful_shutdown = max(1, int(self.cfg.graceful_timeout - self.drain_seconds - 1))

    async def _serve(self) -> None:
        """As uvicorn's own, with the parts of this class."""
        self.config.app = with_time_limit(self.wsgi, request_timeout(), application().path_seconds)
        server = _DrainingServer(self.config, self.drain_seconds)
        self._install_sigquit_handler()
        listening = [await asyncio.start_server(_answer_liveness, sock=one) for one in self._liveness_sockets]
        try:
            await server.serve(sockets=self.sockets)
        finally:
            for one in listening:
                one.close()


class _DrainingServer(Server):
    """Stops some time after SIGTERM: until then the proxy and the load balancer find other tasks."""

    def __init__(self, config: Any, drain_seconds: float) -> None:
        super().__init__(config)
        self._drain_seconds = drain_seconds

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Begin to drain at the first SIGTERM; a group of processes may get it twice. Another signal stops at once."""
        if sig != signal.SIGTERM or not self.started:
            super().handle_exit(sig, frame)
        elif sig not in self._captured_signals:
            self._captured_signals.append(sig)
            asyncio.get_running_loop().call_later(self._drain_seconds, self._stop)

    def _stop(self) -> None:
        self.should_exit = True


def ping_seconds(seconds: float, others: Iterable[tuple[str, int]]) -> float:
    """Interval of pings: half of the shortest time after which the proxy ends an idle WebSocket, of any path.

    The load balancer waits longer than the proxy (infra/ecs/server.py).
    """
    return min(PONG_SECONDS, (min([seconds, *(limit for _, limit in others)]) + PROXY_SECONDS) / 2)


def with_time_limit(app: Any, seconds: float, others: tuple[tuple[str, int], ...]) -> Application:
    """Answer 504 in place of an HTTP request whose answer has not begun within its limit; streams may go on.

    A coroutine is cancelled. A view in a thread goes on until its database statement is cancelled by the server.
    """

    async def limited(scope: Message, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        begun, over = asyncio.Event(), False

        async def sending(message: Message) -> None:
            # A thread that goes on has no visitor any more.
            if not over:
                begun.set()
                await send(message)

        limit = limit_of(scope["path"], seconds, others)
        work = asyncio.ensure_future(app(scope, receive, sending))
        start = asyncio.ensure_future(begun.wait())
        try:
            await asyncio.wait({work, start}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
            if begun.is_set() or work.done():
                await work
                return
            over = True
            work.cancel()
            log.error("Ended after %.0f s, the limit of a request: %s %s", limit, scope["method"], scope["path"])
            await _answer_timeout(send)
        finally:
            start.cancel()
            # Also when the server cancels this task.
            work.cancel()

    return limited


async def _answer_timeout(send: Send) -> None:
    body = b"504 Gateway Timeout"
    headers = [
        (b"content-type", b"text/plain"),
        (b"content-length", str(len(body)).encode()),
        (b"x-accel-redirect", TIMEOUT_LOCATION.encode()),
    ]
    await send({"type": "http.response.start", "status": 504, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _answer_liveness(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer whatever is asked, in the event loop: one that hangs answers nothing."""
    try:
        if await asyncio.wait_for(reader.read(8192), IDLE_SECONDS):
            writer.write(ANSWER)
            await writer.drain()
    except (TimeoutError, OSError):
        pass
    finally:
        writer.close()


def _port(listener: Any) -> int | None:
    name = listener.getsockname()
    return name[1] if isinstance(name, tuple) else None
