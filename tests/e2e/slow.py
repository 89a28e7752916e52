"""A request that waits inside the application, for a table that another session holds."""

import time
from concurrent.futures import Future, ThreadPoolExecutor

from tests.e2e.checkout import Checkout
from tests.e2e.running import psql


class SlowRequest:
    """A request with a session cookie. Two might fill a process, and let the visitors behind them wait."""

    SECONDS = 20
    """Below the limits of a request (30) and of a statement (25), above those of a stop."""

    def __init__(self, checkout: Checkout) -> None:
        self._checkout = checkout
        self._owner = checkout.secret()["OWNER_DATABASE_URL"]
        self._threads = ThreadPoolExecutor(2)
        self._visit: Future[tuple[int, float]] | None = None

    def begin(self) -> None:
        """Lock the sessions, and request a page that reads them. Returns at once."""
        lock = f"BEGIN; LOCK django_session; SELECT pg_sleep({self.SECONDS + 2}); COMMIT"
        self._threads.submit(psql, self._checkout, self._owner, lock)
        self._visit = self._threads.submit(self._request)

    def end(self) -> tuple[int, float]:
        """Wait for the answer; its status, and the seconds that it took. Raises HTTPError when there is none."""
        assert self._visit is not None
        return self._visit.result()

    def _request(self) -> tuple[int, float]:
        # The lock comes first.
        time.sleep(1)
        began = time.monotonic()
        with self._checkout.browser() as browser:
            browser.cookies.set("sessionid", "0" * 32)
            answer = browser.get("/account/profile/", follow_redirects=False, timeout=60)
        return answer.status_code, time.monotonic() - began
