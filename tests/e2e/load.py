"""Visitors who come at a fixed rate, whatever the site does: open loop, so that a stall is not hidden by waiting."""

import re
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import httpx

from local import site
from local.runtime import Runtime
from tests.asking import ask

PER_SECOND = 12
VISITORS = 12
"""At once; more than the rate needs, so that slow answers do not hold the next requests up."""
SECONDS = 20
"""After which a visitor has given up."""
ENOUGH = 50
"""Visits: four seconds of them."""
STATIC = re.compile(r'"(/static/[^"]+)"')


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One request and what became of it."""

    path: str
    at: float
    """When it began, on the clock of `time.monotonic`."""
    kept_alive: bool
    """On a connection that was used before; else on a new one."""
    seconds: float
    outcome: str
    """The status, or the error's name and text."""


@dataclass
class Load:
    """Every visit so far, and the static files that pages have named."""

    visits: list[Visit] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    """What visitors asked once more, because a connection that they had kept was closed before an answer began."""
    static: set[str] = field(default_factory=set)

    def wait_for_enough(self) -> None:
        """Return when as many have come since now as prove something."""
        before = len(self.visits)
        while len(self.visits) <= before + ENOUGH:
            time.sleep(0.1)

    @property
    def lost(self) -> list[Visit]:
        """Those that were not answered with 200."""
        return [visit for visit in self.visits if visit.outcome != "200"]

    def away(self, since: float) -> float:
        """Seconds from then until the last visit began that was not answered; 0.0 when all were."""
        return max((visit.at - since for visit in self.lost), default=0.0)

    @property
    def failed(self) -> "Counter[str]":
        """The same, counted by path, connection and outcome."""
        kinds = {True: "kept", False: "new"}
        return Counter(f"{visit.path}, {kinds[visit.kept_alive]}: {visit.outcome}" for visit in self.lost)


@contextmanager
def constant_load(runtime: Runtime) -> Iterator[Load]:
    """While inside, visitors come. All have been answered, or have given up, when it ends."""
    load, over = Load(), threading.Event()
    trust = ssl.create_default_context(cafile=str(site.authority(runtime)))
    mine, kept = threading.local(), ExitStack()

    def client() -> httpx.Client:
        return httpx.Client(base_url=site.url(runtime), verify=trust, timeout=SECONDS, trust_env=False)

    def own_client() -> httpx.Client:
        if not hasattr(mine, "client"):
            mine.client = kept.enter_context(client())
        found: httpx.Client = mine.client
        return found

    def visit(path: str, kept_alive: bool) -> None:
        start = time.monotonic()
        try:
            if kept_alive:
                answer = _as_browsers_do(own_client(), path, load)
            else:
                with client() as new:
                    answer = new.get(path)
            outcome = str(answer.status_code)
            load.static.update(STATIC.findall(answer.text) if path == "/" else ())
        except httpx.HTTPError as error:
            outcome = f"{type(error).__name__}: {error}"
        seconds = time.monotonic() - start
        load.visits.append(Visit(path=path, at=start, kept_alive=kept_alive, seconds=seconds, outcome=outcome))

    def come() -> None:
        begun = time.monotonic()
        with ThreadPoolExecutor(VISITORS) as visitors:
            for number in range(10**6):
                if over.wait(max(0.0, begun + number / PER_SECOND - time.monotonic())):
                    return
                visitors.submit(visit, _path(load, number), number % 3 != 0)

    visitors = threading.Thread(target=come)
    visitors.start()
    with kept:
        try:
            yield load
        finally:
            over.set()
            visitors.join()


def assert_nobody_noticed(load: Load, *, connections_stay: bool = False) -> None:
    """Every visit was answered, on new and on kept connections, and there were enough of them to say so.

    `connections_stay`: a load balancer keeps the visitors' connections, so nothing had to be asked twice either.
    """
    assert not load.failed, load.failed
    assert not (connections_stay and load.repeated), load.repeated
    assert len(load.visits) > ENOUGH
    assert {visit.kept_alive for visit in load.visits} == {True, False}


def _as_browsers_do(client: httpx.Client, path: str, load: Load) -> httpx.Response:
    answer, again = ask(client, path)
    if again:
        load.repeated.append(path)
    return answer


def _path(load: Load, number: int) -> str:
    """A page of the database, the home page, and whatever file one of these named, of the old or of the new release."""
    if number % 4 == 0:
        return "/"
    if number % 4 == 1 and load.static:
        return sorted(load.static)[number // 4 % len(load.static)]
    return "/api/movies/1"
