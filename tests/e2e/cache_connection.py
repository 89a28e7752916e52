"""A connection to the cache as a task holds it, and logins to the cache."""

import subprocess
import threading
import time
from contextlib import suppress
from types import TracebackType
from urllib.parse import urlsplit

from tests.e2e.checkout import Checkout
from tests.e2e.running import containers

EVERY_SECONDS = 0.1


def can_log_in_to_the_cache(checkout: Checkout, url: str) -> bool:
    """Whether the cache accepts user and password of this URL."""
    return (
        subprocess.run(_command(checkout, url, "PING"), capture_output=True, text=True, check=True).stdout == "PONG\n"
    )


class HeldConnection:
    """Asks the cache ten times a second over one connection."""

    def __init__(self, checkout: Checkout, url: str) -> None:
        command = _command(checkout, url)
        self._client = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=one, daemon=True) for one in (self._ask, self._read)]
        self.answers = 0
        self.lost_at: float | None = None
        """When an answer was missing or another one than PONG, in seconds since the epoch."""

    def __enter__(self) -> "HeldConnection":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._ended.set()
        self._client.kill()
        for thread in self._threads:
            thread.join()
        with suppress(BrokenPipeError), self._client:
            pass

    def _ask(self) -> None:
        assert self._client.stdin is not None
        while not self._ended.wait(EVERY_SECONDS):
            try:
                self._client.stdin.write("PING\n")
                self._client.stdin.flush()
            except OSError:
                return

    def _read(self) -> None:
        assert self._client.stdout is not None
        for line in self._client.stdout:
            if line == "PONG\n":
                self.answers += 1
            elif line.strip() and self.lost_at is None and not self._ended.is_set():
                self.lost_at = time.time()


def _command(checkout: Checkout, url: str, *words: str) -> list[str]:
    """Valkey's client in the server's container. The password is in the container's environment, as in a task's."""
    parts = urlsplit(url)
    (container,) = containers(checkout, "label=embedded-cloud.role=cache")
    login = [f"{name}={parts.password}" for name in ("VALKEYCLI_AUTH", "REDISCLI_AUTH")]
    place = ("-h", str(parts.hostname), "-p", str(parts.port), "--user", str(parts.username), "--no-auth-warning")
    # The server's file holds the authority too.
    tls = ("--tls", "--cacert", "/embedded-cloud/server.pem")
    variables = [word for one in login for word in ("--env", one)]
    return ["docker", "exec", "--interactive", *variables, container, "valkey-cli", *place, *tls, *words]
