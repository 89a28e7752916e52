"""gunicorn with the platform's worker: slow requests, health checks beside them, threads that are free again."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from gunicorn.workers import gthread

from served import Served, served


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("served")) as found:
        yield found


def test_health_is_answered_while_every_thread_is_busy_and_more_requests_wait(server: Served) -> None:
    with ThreadPoolExecutor(8) as visitors:
        slow = [visitors.submit(server.get, path) for path in ("compute/0.9", "wait/0.9") * 4]
        while server.log.count("began") < 2:
            time.sleep(0.01)
        for _ in range(3):
            server.alive()
        assert not any(visit.done() for visit in slow)


def test_a_request_past_its_limit_is_ended_with_504_and_its_thread_works_again(server: Served) -> None:
    began = time.monotonic()
    with ThreadPoolExecutor(2) as visitors:
        answers = list(visitors.map(server.get, ["compute/30", "compute/40"]))
    assert [answer.status_code for answer in answers] == [504, 504]
    assert answers[0].headers["x-accel-redirect"] == "@timeout"
    assert time.monotonic() - began < 5
    assert "compute/30" in server.log
    with ThreadPoolExecutor(2) as visitors:
        assert [answer.status_code for answer in visitors.map(server.get, ["quick", "wait/0.1"])] == [200, 200]


def test_a_path_with_a_longer_limit_is_not_ended_before(server: Served) -> None:
    with ThreadPoolExecutor(2) as visitors:
        answers = list(visitors.map(server.get, ["longer/1.6", "longer/30"]))
    assert [answer.status_code for answer in answers] == [200, 504]


def test_what_waited_too_long_for_a_thread_is_not_begun(server: Served) -> None:
    with ThreadPoolExecutor(8) as visitors:
        # Each of them alone is within the limit.
        answers = list(visitors.map(server.get, ["wait/0.7"] * 6))
    assert {answer.status_code for answer in answers} == {200, 504}
    assert server.get("quick").status_code == 200


def test_an_answer_that_has_begun_is_cut_off(server: Served) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        server.get("stream/30")
    assert server.get("stream/0.2").text.startswith("part")


def test_a_connection_without_a_request_does_not_hold_up_the_health_check(server: Served) -> None:
    with socket.create_connection(("127.0.0.1", server.liveness)):
        server.alive()


def test_threads_that_hang_are_replaced_and_at_last_the_process_is(tmp_path: Path) -> None:
    with served(tmp_path) as server, ThreadPoolExecutor(2) as visitors:
        before = server.get("quick").text
        hanging = [visitors.submit(server.get, "wait/60") for _ in range(2)]
        assert [visit.result().status_code for visit in hanging] == [504, 504]
        assert first_answer(server) != before
        assert server.log.count("Another one takes its place") == 2
        assert "It restarts" in server.log


def first_answer(server: Served) -> str:
    """The first page of the new process. The old one ends what it cannot finish, and the proxy asks again."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with suppress(httpx.TransportError):
            if (answer := server.get("quick")).status_code == 200:
                return answer.text
        time.sleep(0.1)
    raise AssertionError(server.log)


def test_a_process_that_has_served_its_number_of_requests_finishes_what_it_accepted(tmp_path: Path) -> None:
    with served(tmp_path, max_requests=3) as server, ThreadPoolExecutor(2) as visitors:
        slow = visitors.submit(server.get, "wait/0.5")
        time.sleep(0.1)
        pids = {server.get("quick").text for _ in range(4)}
        assert slow.result().status_code == 200
        assert len(pids) == 2


def test_gunicorn_has_what_the_worker_overrides() -> None:
    for name in ("enqueue_req", "murder_keepalived", "handle_request", "load_wsgi", "handle_exit", "init_process"):
        assert callable(getattr(gthread.ThreadWorker, name))
    with ThreadPoolExecutor(1) as pool:
        assert pool._max_workers == 1
        assert callable(pool._adjust_thread_count)
