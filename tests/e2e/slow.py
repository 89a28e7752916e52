"""Requests that wait inside the application, for a table that another session holds."""

import time
from concurrent.futures import Future, ThreadPoolExecutor

from tests.e2e.checkout import Checkout
from tests.e2e.running import psql


class SlowRequests:
    """Requests with a session cookie, from `begin` until their answers; leaving the block waits for them."""

    COUNT = 4
    """Two for each of two tasks: half of their threads."""
    SECONDS = 20
    """Below the limits of a request (30) and of a statement (25), above the stop timeout."""

    def __init__(self, checkout: Checkout) -> None:
        self._checkout = checkout
        self._threads = ThreadPoolExecutor(self.COUNT + 1)
        self._requests: list[Future[int]] = []
        self.answers: list[int] = []
        """Status of each request."""
        self.seconds = 0.0
        """From the first request to the last answer."""

    def __enter__(self) -> "SlowRequests":
        self._owner = self._checkout.secret()["OWNER_DATABASE_URL"]
        return self

    def __exit__(self, *_: object) -> None:
        self.answers = [one.result() for one in self._requests]
        self._threads.shutdown()

    def begin(self) -> None:
        """Lock the sessions, and request a page that reads them. Returns at once."""
        lock = f"BEGIN; LOCK django_session; SELECT pg_sleep({self.SECONDS + 1}); COMMIT"
        self._threads.submit(psql, self._checkout, self._owner, lock)
        self._requests = [self._threads.submit(self._visit) for _ in range(self.COUNT)]

    def _visit(self) -> int:
        # The lock comes first.
        time.sleep(1)
        began = time.monotonic()
        with self._checkout.browser() as browser:
            browser.cookies.set("sessionid", "0" * 32)
            status = browser.get("/account/profile/", follow_redirects=False, timeout=60).status_code
        self.seconds = max(self.seconds, time.monotonic() - began)
        return status
