"""The time limit of a request: what is overdue is interrupted in its thread.

A thread cannot be killed. Python code is ended by an exception, a database statement by PostgreSQL's statement_timeout
or by cancelling it. A thread that waits in other foreign code, such as a socket without a timeout, counts as stuck.
"""

import ctypes
import os
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar
from weakref import WeakSet

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

T = TypeVar("T")

SECONDS_VARIABLE = "REQUEST_TIMEOUT"
"""Environment variable with the limit in seconds."""
DEFAULT_SECONDS = 30
TIMEOUT_LOCATION = "@timeout"
"""Where the proxy has its page for 504 (docker/nginx), as the value of X-Accel-Redirect."""
STUCK_AFTER_SECONDS = 2.0
"""How long an interrupted request may go on before its thread counts as stuck."""


class DeadlineExceededError(BaseException):
    """Raised inside an overdue request. Not an Exception, so that `except Exception` does not keep it going."""


def request_timeout() -> int:
    """The limit of a request in seconds. Raises SystemExit with the variable's name when it is no number above 1."""
    given = os.environ.get(SECONDS_VARIABLE) or str(DEFAULT_SECONDS)
    if not (given.isascii() and given.isdigit() and int(given) > 1):
        raise SystemExit(
            f"Environment variable {SECONDS_VARIABLE}: {given!r} is no whole number of seconds above 1. "
            f"Example: {SECONDS_VARIABLE}={DEFAULT_SECONDS}"
        )
    return int(given)


def limit_of(path: str, seconds: float, others: Iterable[tuple[str, int]]) -> float:
    """The limit of a request for this path: of `others` the longest path that is the same, or ends in `*` and fits."""
    fitting = [
        (len(pattern), limit)
        for pattern, limit in others
        if path == pattern or (pattern.endswith("*") and path.startswith(pattern[:-1]))
    ]
    return max(fitting)[1] if fitting else seconds


def statement_timeout(seconds: int) -> int:
    """Seconds for one statement, a sixth below those of the request, so that the database answers first."""
    return seconds - max(1, seconds // 6)


def database_limits(seconds: int) -> dict[str, str]:
    """PostgreSQL's settings for a role or session that serves requests of at most `seconds`.

    https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-STATEMENT-TIMEOUT
    """
    return {
        "statement_timeout": f"{statement_timeout(seconds)}s",
        # A transaction left open by an interrupted request ends, and with it its locks.
        "idle_in_transaction_session_timeout": f"{seconds}s",
    }


def session_options(seconds: int) -> str:
    """The same settings as the connection option `options`, which the environment variable PGOPTIONS sets."""
    return " ".join(f"-c {name}={value}" for name, value in database_limits(seconds).items())


def limit_sessions(others: Iterable[tuple[str, int]]) -> None:
    """Limit statements of this process, and of those that it forks, to the longest request of all paths.

    What is past the shorter limit of its own request is cancelled by `Deadline`.
    """
    given = session_options(max([request_timeout(), *(seconds for _, seconds in others)]))
    # libpq reads it, unless the project's own `options`, such as a search path, are in its place.
    os.environ.setdefault("PGOPTIONS", given)
    for settings in connections.settings.values():
        options = settings.get("OPTIONS") or {}
        if "options" in options and given not in options["options"]:
            settings["OPTIONS"] = {**options, "options": f"{given} {options['options']}"}


class Deadline:
    """Watches the requests of one process. `end_overdue` is to be called about once a second."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._running: dict[int, _Request] = {}
        self._databases: dict[int, WeakSet[BaseDatabaseWrapper]] = {}
        # A weak receiver would be gone at once.
        connection_created.connect(self._remember, weak=False)

    def run(
        self, arrived: float, work: Callable[[], T], when_stuck: Callable[[], None], seconds: float | None = None
    ) -> T:
        """Do the work of a request that arrived at this time of the monotonic clock, in the calling thread.

        `seconds` is the limit of this request, if it has another one.

        Raises DeadlineExceededError when the limit passes, at once for a request that waited that long for a thread.
        `when_stuck` is called by `end_overdue` if the thread cannot be interrupted.
        """
        request = _Request(arrived + (seconds or self.seconds), when_stuck)
        if time.monotonic() >= request.ends:
            raise DeadlineExceededError("it waited for a thread")
        self._running[request.thread] = request
        try:
            try:
                return work()
            finally:
                request.finish()
        finally:
            self._running.pop(request.thread, None)

    def end_overdue(self) -> None:
        """Interrupt every overdue request, and report those whose threads go on nevertheless."""
        # Copied at once, because threads come and go.
        for request in list(self._running.values()):
            late = time.monotonic() - request.ends
            if late < 0:
                continue
            if not request.interrupted:
                if request.interrupt():
                    self._cancel_statements(request.thread)
            elif late > STUCK_AFTER_SECONDS and not request.stuck:
                request.stuck = True
                request.when_stuck()

    @property
    def running(self) -> int:
        """Number of requests that have not ended."""
        return len(self._running)

    @property
    def stuck(self) -> int:
        """Number of those whose threads cannot be interrupted."""
        return sum(request.stuck for request in list(self._running.values()))

    def _remember(self, connection: BaseDatabaseWrapper, **_signal: Any) -> None:
        self._databases.setdefault(threading.get_ident(), WeakSet()).add(connection)

    def _cancel_statements(self, thread: int) -> None:
        for database in list(self._databases.get(thread, ())):
            open_connection = database.connection
            # psycopg 3, psycopg2.
            safe = getattr(open_connection, "cancel_safe", None)
            cancel = partial(safe, timeout=STUCK_AFTER_SECONDS) if safe else getattr(open_connection, "cancel", None)
            if cancel:
                # In a thread of its own, because it connects to the server.
                threading.Thread(target=_quietly, args=(cancel,), daemon=True).start()


class _Request:
    def __init__(self, ends: float, when_stuck: Callable[[], None]) -> None:
        self.ends = ends
        self.when_stuck = when_stuck
        self.thread = threading.get_ident()
        self.interrupted = False
        self.stuck = False
        self._finished = False
        self._lock = threading.Lock()

    def interrupt(self) -> bool:
        """Raise the error in the request's thread, at its next step in Python, unless it has finished."""
        with self._lock:
            if self._finished:
                return False
            self.interrupted = True
            _raise_in(self.thread, DeadlineExceededError)
            return True

    def finish(self) -> None:
        """Mark the end of the work, after which no error is raised in the thread any more."""
        with self._lock:
            self._finished = True
            if not self.interrupted:
                return
            # Still on its way, or caught by the work: raised here instead, and not in the thread's next request.
            _raise_in(self.thread, None)
        raise DeadlineExceededError


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    """https://docs.python.org/3/c-api/threads.html#c.PyThreadState_SetAsyncExc"""
    wanted = ctypes.py_object(error) if error else None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), wanted)


def _quietly(cancel: Callable[[], None]) -> None:
    # A server that cannot be reached leaves the thread waiting; it is then reported as stuck.
    with suppress(Exception):
        cancel()
