"""Visitors who keep asking while something happens to the site."""

import contextlib
import http.client
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Seen:
    """What the visitors saw."""

    answers: list[str] = field(default_factory=list)
    """The releases that answered, in the order of the answers."""
    failures: list[str] = field(default_factory=list)


def ask(port: int, path: str = "/") -> str:
    """The body of an answer. Raises OSError or HTTPException when there is none, AssertionError when it is not 200."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=context)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        answer = connection.getresponse()
        body = answer.read().decode()
        assert answer.status == 200, f"{answer.status}: {body}"
        return body
    finally:
        connection.close()


@contextlib.contextmanager
def asking(port: int, visitors: int = 3) -> Iterator[Seen]:
    """While inside, each visitor asks again as soon as there was an answer."""
    seen, over = Seen(), threading.Event()

    def visit(path: str) -> None:
        while not over.is_set():
            try:
                seen.answers.append(ask(port, path))
            except (OSError, http.client.HTTPException, AssertionError) as error:
                seen.failures.append(f"{path}: {error!r}")
            time.sleep(0.02)

    threads = [threading.Thread(target=visit, args=("/slow" if n == 0 else "/",)) for n in range(visitors)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        over.set()
        for thread in threads:
            thread.join()
