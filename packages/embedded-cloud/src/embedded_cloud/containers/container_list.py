"""Docker's list of a cloud's containers, which all agents share."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

Summary = Mapping[str, Any]
"""One entry of Docker's list, without what only `docker inspect` tells."""


class ContainerList:
    """Asks Docker once for all who read the list within `seconds`, and again after a change by this process.

    What others change (a container that ends, a health status) shows after `seconds` at the latest. No reader gets an
    older answer than one before. Thread-safe.
    """

    def __init__(self, fetch: Callable[[], Sequence[Summary]], seconds: float) -> None:
        self._fetch = fetch
        self._seconds = seconds
        self._lock = threading.Lock()
        self._version = self._listed_version = object()
        """Another object after each change."""
        self._listed: Sequence[Summary] | None = None
        self._listed_at = 0.0

    def read(self) -> Sequence[Summary]:
        """Return the list. Raises what Docker raises."""
        with self._lock:
            # Before the request: its answer may lack a change that arrives meanwhile.
            version, now = self._version, time.monotonic()
            current = version is self._listed_version and now - self._listed_at < self._seconds
            if self._listed is None or not current:
                self._listed = self._fetch()
                self._listed_version, self._listed_at = version, now
            return self._listed

    def notice(self, response: Any, **_: Any) -> None:
        """Take note of an answer to this process: a hook of the SDK's HTTP session, whoever sends the request."""
        path = urlsplit(response.request.url).path
        # Commands in containers change no entry, and agents run many.
        if response.request.method != "GET" and "/containers/" in path and not path.endswith("/exec"):
            self._version = object()
