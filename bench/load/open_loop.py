"""So many requests a second, whether or not earlier ones are answered: `python -m bench.load.open_loop URL --rate 20`.

A request's time begins when it was due, so an answer that makes later ones wait counts for all of them.
Prints one line of JSON at the end of --seconds, or on SIGTERM.
"""

import argparse
import asyncio
import json
import math
import os
import signal
import ssl
import time
import urllib.parse
from collections import Counter, deque
from dataclasses import dataclass, field

TIMEOUT_SECONDS = 10.0


@dataclass
class Tally:
    """What came of the requests."""

    milliseconds: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)

    def report(self) -> dict[str, object]:
        """For the process that asked."""
        return {
            "requests": len(self.milliseconds) + self.failures.total(),
            "failed": self.failures.total(),
            "failures": dict(self.failures.most_common(5)),
            "p50_ms": percentile(self.milliseconds, 0.5),
            "p99_ms": percentile(self.milliseconds, 0.99),
        }


def percentile(values: list[float], share: float) -> float | None:
    """The smallest value that at least this share of the values does not exceed."""
    return sorted(values)[max(math.ceil(len(values) * share) - 1, 0)] if values else None


class Client:
    """Keeps connections and opens another whenever none is free."""

    def __init__(self, url: str, host: str, tally: Tally) -> None:
        parts = urllib.parse.urlsplit(url)
        self._tls = _trusting() if parts.scheme == "https" else None
        self._address = parts.hostname or "", parts.port or (443 if self._tls else 80)
        self._request = f"GET {parts.path or '/'} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        self._free: deque[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = deque()
        self._host, self._tally = host, tally

    async def send(self, due: float) -> None:
        """One request, noted in the tally."""
        try:
            status = await asyncio.wait_for(self._exchange(), TIMEOUT_SECONDS)
        except (OSError, EOFError, ValueError, KeyError) as error:
            self._tally.failures[type(error).__name__] += 1
            return
        if status == 200:
            self._tally.milliseconds.append((time.monotonic() - due) * 1000)
        else:
            self._tally.failures[str(status)] += 1

    async def close(self) -> None:
        """End the kept connections."""
        for _, writer in self._free:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for _, writer in self._free), return_exceptions=True)
        # Those that failed are closed in the loop's next round.
        await asyncio.sleep(0)

    async def _exchange(self) -> int:
        reader, writer = await self._connection()
        try:
            writer.write(self._request)
            head = await reader.readuntil(b"\r\n\r\n")
            headers = dict(_headers(head))
            await reader.readexactly(int(headers[b"content-length"]))
        except BaseException:
            writer.close()
            raise
        if headers.get(b"connection", b"").lower() == b"close":
            writer.close()
        else:
            self._free.append((reader, writer))
        return int(head.split(b" ", 2)[1])

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._free:
            reader, writer = self._free.popleft()
            # What the server has closed meanwhile is no failure: every browser opens another.
            if not (reader.at_eof() or writer.is_closing()):
                return reader, writer
            writer.close()
        name = self._host if self._tls else None
        return await asyncio.open_connection(*self._address, ssl=self._tls, server_hostname=name)


async def load(url: str, *, host: str, rate: float, seconds: float) -> Tally:
    """Send until the time is over or SIGTERM comes, then wait for what is still on its way."""
    tally, stopping = Tally(), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    client, sent = Client(url, host, tally), []
    started, number = time.monotonic(), 0
    while not stopping.is_set() and number < seconds * rate:
        due = started + number / rate
        await asyncio.sleep(max(due - time.monotonic(), 0))
        sent.append(asyncio.create_task(client.send(due)))
        sent = [task for task in sent if not task.done()] if number % 100 == 0 else sent
        number += 1
    await asyncio.gather(*sent)
    await client.close()
    return tally


def _headers(head: bytes) -> list[tuple[bytes, bytes]]:
    lines = head.split(b"\r\n")[1:-2]
    return [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)]


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def main() -> None:
    """Parse the command line, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("url")
    parser.add_argument("--host", default="localhost")
    parser.add_argument("--rate", type=float, required=True, help="requests a second")
    parser.add_argument("--seconds", type=float, default=math.inf)
    parser.add_argument("--cpu", type=int, help="CPU to stay on")
    options = parser.parse_args()
    if options.cpu is not None:
        os.sched_setaffinity(0, {options.cpu})
    tally = asyncio.run(load(options.url, host=options.host, rate=options.rate, seconds=options.seconds))
    print(json.dumps(tally.report()))  # noqa: T201


if __name__ == "__main__":
    main()
