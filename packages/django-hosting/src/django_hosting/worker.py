"""gunicorn's threaded worker, with a time limit for requests and an answer to health checks outside of its threads."""

import os
import socket
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import Any

from django.db import connections
from gunicorn.workers.gthread import TConn, ThreadWorker

from django_hosting.application import application
from django_hosting.deadline import TIMEOUT_LOCATION, Deadline, DeadlineExceededError, limit_of, request_timeout
from django_hosting.liveness import PORT, Liveness

_BODY = b"504 Gateway Timeout"
TIMEOUT_ANSWER = (
    b"HTTP/1.1 504 Gateway Timeout\r\nContent-Type: text/plain\r\nConnection: close\r\n"
    b"X-Accel-Redirect: %s\r\nContent-Length: %d\r\n\r\n%s" % (TIMEOUT_LOCATION.encode(), len(_BODY), _BODY)
)


class Worker(ThreadWorker):
    """A request that passes its limit is answered with 504 and its thread is free, or is replaced when it is stuck."""

    sockets: list[Any]
    wsgi: Any
    alive: bool

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._liveness_sockets = [one for one in self.sockets if _port(one) == PORT]
        self.sockets = [one for one in self.sockets if _port(one) != PORT]
        self._stuck = 0
        self._current = threading.local()

    def init_process(self) -> None:
        """Start the watch before the first request."""
        self._deadline = Deadline(request_timeout())
        self._others = application().path_seconds
        # A worker that ends by itself, after max_requests, finishes what it has accepted. A stop is shorter.
        self._stop_seconds = self.cfg.graceful_timeout
        self.cfg.set("graceful_timeout", int(max([self._deadline.seconds, *(limit for _, limit in self._others)])) + 5)
        super().init_process()

    def run(self) -> None:
        """Serve until the worker is to end. Threads that never end must not keep the process."""
        self._liveness = [Liveness(one, self.poller) for one in self._liveness_sockets]
        super().run()
        if self._deadline.running:
            os._exit(0)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Stop as fast as the platform demands."""
        self.cfg.set("graceful_timeout", self._stop_seconds)
        super().handle_exit(sig, frame)

    def enqueue_req(self, conn: TConn) -> None:
        """Note the time at which the request arrived: waiting for a thread counts."""
        conn.arrived = time.monotonic()
        super().enqueue_req(conn)

    def murder_keepalived(self, *given: Any, **named: Any) -> None:
        """Called at least once a second by the loop, also while the worker ends."""
        super().murder_keepalived(*given, **named)
        for liveness in self._liveness:
            liveness.close_idle()
        self._deadline.end_overdue()
        if not self.alive and self.nr_conns <= self._deadline.stuck:
            os._exit(0)

    def load_wsgi(self) -> None:
        """Note the response of each request, which knows whether its answer has begun."""
        super().load_wsgi()
        application = self.wsgi

        def noting_the_response(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            self._current.connection.response = start_response.__self__
            answer: Iterable[bytes] = application(environ, start_response)
            return answer

        self.wsgi = noting_the_response

    def handle_request(self, req: Any, conn: TConn) -> bool:
        """Handle the request within its limit; True keeps the connection open."""
        self._current.connection, conn.response = conn, None
        handle = partial(super().handle_request, req, conn)
        limit = limit_of(req.path, self._deadline.seconds, self._others)
        try:
            kept: bool = self._deadline.run(conn.arrived, handle, partial(self._replace_thread, conn), limit)
        except DeadlineExceededError:
            self.log.exception("Ended after %.0f s, the limit of a request: %s %s", limit, req.method, req.path)
            # Its transaction may be open, its connection in the middle of a statement.
            connections.close_all()
            _answer_timeout(conn)
            return False
        return kept

    def _replace_thread(self, conn: TConn) -> None:
        """Answer in place of a stuck thread, and let another one serve; restart when all threads are stuck."""
        _answer_timeout(conn)
        self._stuck += 1
        self.log.error("A thread is stuck in a request past its limit. Another one takes its place.")
        self.tpool._max_workers += 1
        self.tpool._adjust_thread_count()
        if self._stuck >= self.cfg.threads and self.alive:
            self.log.error("As many threads are stuck as the worker began with. It restarts.")
            self.alive = False


def _answer_timeout(conn: TConn) -> None:
    """Send the 504 unless an answer has begun, and end the connection for whoever else would write to it."""
    with suppress(OSError):
        if not (conn.response and conn.response.headers_sent):
            conn.sock.sendall(TIMEOUT_ANSWER)
        conn.sock.shutdown(socket.SHUT_RDWR)


def _port(listener: Any) -> int | None:
    name = listener.getsockname()
    return name[1] if isinstance(name, tuple) else None
