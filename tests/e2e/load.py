"""Visitors at a fixed rate, however slowly the site answers (open loop): a stall delays no request."""

import re
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import httpx

from local import site
from local.runtime import Runtime

PER_SECOND = 8
VISITORS = 8
"""At once; more than the rate needs, so that slow answers do not delay the next requests."""
SECONDS = 20
"""Time limit of a visit."""
ENOUGH = 50
"""Visits: four seconds of them."""
PAGES = ("/", "/api/movies/1", "/api/movies/1")
"""The demo's home page, and a page of the database."""
STATIC = re.compile(r'"(/static/[^"]+)"')


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One request and its outcome."""

    path: str
    at: float
    """When it began, on the clock of `time.monotonic`."""
    kept_alive: bool
    """On a connection that was used before; else on a new one."""
    outcome: str
    """Status, or name and text of the error."""


@dataclass
class Load:
    """Visits so far, and the static files that pages have named."""

    visits: list[Visit] = field(default_factory=list)
    static: set[str] = field(default_factory=set)

    @property
    def lost(self) -> list[Visit]:
        """Visits without a 200."""
        return [visit for visit in self.visits if visit.outcome != "200"]


@contextmanager
def constant_load(runtime: Runtime, pages: Sequence[str] = PAGES) -> Iterator[Load]:
    """Send visitors to these pages, and to static files that they name, for as long as the block runs.

    Waits for the last answers.
    """
    load, over = Load(), threading.Event()
    trust = ssl.create_default_context(cafile=str(site.authority(runtime)))
    of_thread, open_clients = threading.local(), ExitStack()

    def client() -> httpx.Client:
        return httpx.Client(base_url=site.url(runtime), verify=trust, timeout=SECONDS, trust_env=False)

    def kept_client() -> httpx.Client:
        if not hasattr(of_thread, "client"):
            of_thread.client = open_clients.enter_context(client())
        found: httpx.Client = of_thread.client
        return found

    def visit(path: str, kept_alive: bool) -> None:
        start = time.monotonic()
        try:
            if kept_alive:
                answer = kept_client().get(path)
            else:
                with client() as new:
                    answer = new.get(path)
            outcome = str(answer.status_code)
            load.static.update(STATIC.findall(answer.text) if path == pages[0] else ())
        except httpx.HTTPError as error:
            outcome = f"{type(error).__name__}: {error}"
        load.visits.append(Visit(path=path, at=start, kept_alive=kept_alive, outcome=outcome))

    def send() -> None:
        begun = time.monotonic()
        with ThreadPoolExecutor(VISITORS) as visitors:
            for number in range(10**6):
                if over.wait(max(0.0, begun + number / PER_SECOND - time.monotonic())):
                    return
                visitors.submit(visit, _path(load, pages, number), number % 3 != 0)

    sender = threading.Thread(target=send)
    sender.start()
    with open_clients:
        try:
            yield load
        finally:
            over.set()
            sender.join()


def assert_every_visit_answered(load: Load) -> None:
    """Every visit has a 200 at the first try, on new and on kept connections, and there are at least ENOUGH of them."""
    kinds = {True: "kept", False: "new"}
    lost = Counter(f"{visit.path}, {kinds[visit.kept_alive]}: {visit.outcome}" for visit in load.lost)
    assert not lost, lost
    assert len(load.visits) > ENOUGH
    assert {visit.kept_alive for visit in load.visits} == {True, False}


def _path(load: Load, pages: Sequence[str], number: int) -> str:
    """One of the pages, or a static file that the first page of the old or the new release has named."""
    if number % 4 == 1 and load.static:
        return sorted(load.static)[number // 4 % len(load.static)]
    return pages[number % 4 % len(pages)]
