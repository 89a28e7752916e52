"""The client sends on time, counts everything that is not a 200, and hides no waiting."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bench.load import open_loop
from bench.load.open_loop import Tally, load, percentile
from tests.loops import run_apart

Answer = Callable[[int], Awaitable[bytes]]


def run(answer: Answer, *, rate: float = 100, seconds: float = 0.2) -> Tally:
    """The client against a server that answers each request, counted from 0, as told."""

    async def main() -> Tally:
        count = 0
        handlers: list[Any] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal count
            handlers.append(asyncio.current_task())
            try:
                while await reader.readline():
                    while (await reader.readline()).strip():
                        pass
                    number, count = count, count + 1
                    writer.write(await answer(number))
                    await writer.drain()
            finally:
                writer.close()
                await writer.wait_closed()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            tally = await load(f"http://127.0.0.1:{port}/x", host="localhost", rate=rate, seconds=seconds)
            for handler in handlers:
                handler.cancel()
            await asyncio.gather(*handlers, return_exceptions=True)
            return tally

    return run_apart(main())


async def fine(_: int) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_as_many_requests_as_the_rate_says():
    tally = run(fine)
    assert len(tally.milliseconds) == 20
    assert not tally.failures


def test_other_answers_and_broken_ones_are_failures():
    async def wrong(number: int) -> bytes:
        return b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n" if number % 2 else b"HTTP/1.1 200 OK\r\n\r\n"

    tally = run(wrong)
    assert tally.failures == {"503": 10, "KeyError": 10}


def test_nobody_listening_is_a_failure():
    tally = run_apart(load("http://127.0.0.1:1/", host="x", rate=100, seconds=0.05))
    assert tally.failures.total() == 5


def test_slow_answers_do_not_slow_the_client_down():
    async def slow(_: int) -> bytes:
        await asyncio.sleep(0.3)
        return await fine(0)

    tally = run(slow)
    assert len(tally.milliseconds) == 20
    assert min(tally.milliseconds) >= 290


def test_an_answer_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(open_loop, "TIMEOUT_SECONDS", 0.1)

    async def never(_: int) -> bytes:
        await asyncio.sleep(1)
        return b""

    assert run(never, seconds=0.02).failures == {"TimeoutError": 2}


def test_a_percentile_is_a_value_that_was_seen():
    values = [float(value) for value in range(1, 101)]
    assert percentile(values, 0.99) == 99
    assert percentile(values, 0.5) == 50
    assert percentile([7.0], 0.99) == 7
    assert percentile([], 0.99) is None
