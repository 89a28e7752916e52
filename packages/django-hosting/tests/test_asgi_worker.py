"""gunicorn with the platform's worker for ASGI: limits, liveness, WebSockets over a stop."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from django_hosting.asgi_worker import ping_seconds, with_time_limit
from served import LIMIT, Served, served


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path, asgi=True) as found:
        yield found


def socket(server: Served) -> ClientConnection:
    return connect(f"ws://127.0.0.1:{server.port}/ws", proxy=None)


def test_health_is_answered_beside_requests_that_wait(server: Served) -> None:
    with ThreadPoolExecutor(8) as visitors:
        slow = [visitors.submit(server.get, "wait/0.8") for _ in range(8)]
        for _ in range(3):
            server.alive()
        assert {visit.result().status_code for visit in slow} == {200}


def test_a_request_whose_answer_has_not_begun_is_ended_and_a_stream_goes_on(server: Served) -> None:
    began = time.monotonic()
    answer = server.get("wait/30")
    assert (answer.status_code, answer.headers["x-accel-redirect"]) == (504, "@timeout")
    assert LIMIT <= time.monotonic() - began < 3
    assert "cancelled wait" in server.log
    assert server.get("stream/1.5").text.endswith("part.")
    assert server.get("longer/1.5").status_code == 200


def test_scheme_and_address_are_those_that_the_proxy_says(server: Served) -> None:
    headers = {"x-forwarded-proto": "https", "x-forwarded-for": "198.51.100.9"}
    answer = httpx.get(f"{server.url}/x", headers=headers, trust_env=False)
    assert answer.text.split()[1:] == ["https", "198.51.100.9"]


def test_a_stop_lets_sockets_live_for_the_drain_and_then_closes_them_as_restarted(server: Served) -> None:
    with socket(server) as connection:
        connection.send("before")
        assert connection.recv(5) == "before"
        began = time.monotonic()
        # To the workers as well, as a terminal or `timeout` does.
        os.killpg(server.process.pid, signal.SIGTERM)
        time.sleep(0.5)
        connection.send("during")
        assert connection.recv(5) == "during"
        with pytest.raises(ConnectionClosed):
            connection.recv(10)
        drained = time.monotonic() - began
    assert connection.close_code == 1012
    # 0.3 of gunicorn's 8 s.
    assert 2 < drained < 5
    server.process.wait(10)
    assert time.monotonic() - began < 8
    assert "closed with 1012" in server.log


def test_an_error_in_a_socket_is_one_line_of_json_and_its_address_none(server: Served) -> None:
    with connect(f"ws://127.0.0.1:{server.port}/ws?token=s3cret", proxy=None) as connection:
        connection.send("break")
        with pytest.raises(ConnectionClosed):
            connection.recv(5)
    lines = [json.loads(line) for line in server.log.splitlines() if line.startswith("{")]
    (error,) = [line for line in lines if line["level"] == "ERROR"]
    assert "RuntimeError: broken" in error["exception"]
    assert "\nTraceback" not in server.log
    assert "s3cret" not in server.log


def test_a_request_in_flight_ends_before_the_process(server: Served) -> None:
    with ThreadPoolExecutor(1) as visitors:
        slow = visitors.submit(server.get, "longer/2.8")
        while "began longer" not in server.log:
            time.sleep(0.01)
        server.process.send_signal(signal.SIGTERM)
        assert slow.result().status_code == 200
    server.process.wait(10)


@pytest.mark.parametrize(
    ("seconds", "others", "interval"), [(300, (), 20), (30, (), 17.5), (30, (("/export/*", 600), ("/quick/", 1)), 3)]
)
def test_pings_come_twice_before_the_proxy_ends_an_idle_socket_of_any_path(
    seconds: int, others: tuple[tuple[str, int], ...], interval: float
) -> None:
    assert ping_seconds(seconds, others) == interval


def test_what_is_said_after_the_limit_reaches_nobody() -> None:
    sent: list[str] = []

    async def stubborn(_scope, _receive, send) -> None:
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            await send({"type": "late"})

    async def send(message) -> None:
        sent.append(message["type"])

    scope = {"type": "http", "path": "/", "method": "GET"}
    asyncio.run(with_time_limit(stubborn, 0.05, ())(scope, None, send))
    assert sent == ["http.response.start", "http.response.body"]


def test_an_error_of_the_application_is_the_servers() -> None:
    async def broken(_scope, _receive, _send) -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        asyncio.run(with_time_limit(broken, 5, ())({"type": "http", "path": "/", "method": "GET"}, None, None))
