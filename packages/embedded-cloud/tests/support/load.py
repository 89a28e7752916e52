"""Constant requests from clients that keep their connections open."""

import dataclasses
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx


@contextmanager
def constant_load(client: Callable[[], httpx.Client], clients: int = 2) -> Iterator["Load"]:
    """Send requests from several clients while the context lasts."""
    load = Load()
    threads = [threading.Thread(target=load.run, args=(client(), n)) for n in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        load.stopping.set()
        for thread in threads:
            thread.join()


@dataclasses.dataclass
class Load:
    """Results of the requests."""

    releases: set[str] = dataclasses.field(default_factory=set)
    failures: list[str] = dataclasses.field(default_factory=list)
    requests: int = 0
    stopping: threading.Event = dataclasses.field(default_factory=threading.Event)

    def run(self, client: httpx.Client, number: int) -> None:
        # Every second client keeps a request in flight for a second.
        path = "/slow" if number % 2 else "/"
        with client:
            while not self.stopping.wait(0.02):
                self._request(client, path)

    def _request(self, client: httpx.Client, path: str) -> None:
        self.requests += 1
        try:
            answer = client.get(path)
        except httpx.HTTPError as error:
            self.failures.append(repr(error))
            return
        if answer.status_code == 200:
            self.releases.add(answer.text.splitlines()[0])
        else:
            self.failures.append(f"{answer.status_code} {answer.text}")
