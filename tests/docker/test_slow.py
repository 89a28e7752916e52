"""Slow requests, a slow database, slow visitors: what is alive stays healthy, what takes too long ends."""

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest

from tests.docker.site import DATABASE_URL, Site, client, docker, eventually, ready

pytestmark = pytest.mark.containers
LIMIT = 4
THREADS = 4
"""Of a task: two processes of two threads."""
TOO_LONG = "This took too long. Please try again."
SIGNAL_WORKERS = """
import os, signal
for process in filter(str.isdigit, os.listdir("/proc")):
    if int(process) not in (1, os.getpid()):
        os.kill(int(process), signal.{})
"""


@pytest.fixture(scope="module")
def limited(site: Site) -> tuple[str, int, int]:
    """The application's container, and the HTTP and the HTTPS port of its proxy; a request may take LIMIT seconds."""
    web = site.web(name="limited", REQUEST_TIMEOUT=str(LIMIT), SSL_REDIRECT="false")
    _, plain, tls = site.proxy(UPSTREAM="limited:8005", REQUEST_TIMEOUT=str(LIMIT))
    with client(tls) as visitor:
        assert ready(visitor)
    return web, plain, tls


@pytest.fixture(scope="module")
def patient(site: Site) -> int:
    """HTTPS port of a site whose database would wait for ever."""
    site.web(name="patient", REQUEST_TIMEOUT="2", SSL_REDIRECT="false", PGOPTIONS="-c statement_timeout=0")
    _, _, tls = site.proxy(UPSTREAM="patient:8005", REQUEST_TIMEOUT="2")
    with client(tls) as visitor:
        assert ready(visitor)
    return tls


def sql(site: Site, statement: str, *flags: str) -> str:
    """Output of psql as the server's superuser."""
    url = DATABASE_URL.replace("@db.test", "@127.0.0.1")
    return docker("exec", *flags, site.started[0], "psql", url, "-qAtXc", statement).stdout.strip()


@contextmanager
def locked_table(site: Site) -> Iterator[None]:
    """Let every query of the movies wait, as in a database that does not get on."""
    sql(site, "BEGIN; LOCK core_movie; SELECT pg_sleep(60)", "--detach")
    holder = "FROM pg_locks WHERE granted AND mode = 'AccessExclusiveLock' AND relation = 'core_movie'::regclass"
    assert eventually(lambda: sql(site, f"SELECT pid {holder}") != "")
    try:
        yield
    finally:
        sql(site, f"SELECT pg_terminate_backend(pid) {holder}")


def visit(port: int, path: str) -> httpx.Response:
    """One visit, by a visitor of its own."""
    with client(port) as visitor:
        return visitor.get(path)


def test_a_database_that_hangs_makes_no_task_unhealthy_and_its_requests_end_with_504(
    site: Site, limited: tuple[str, int, int]
) -> None:
    web, _, tls = limited
    with ThreadPoolExecutor(3 * THREADS) as visitors, locked_table(site):
        began = time.monotonic()
        slow = [visitors.submit(visit, tls, path) for path in ("/", "/api/movies/1") * THREADS]
        with client(tls) as load_balancer:
            checked = 0
            while not all(one.done() for one in slow):
                assert load_balancer.get("/healthz").json() == {"status": "alive"}
                assert docker("exec", web, "/usr/local/bin/healthcheck", check=False).returncode == 0
                checked += 1
        assert checked >= 2
        assert time.monotonic() - began < LIMIT + 5
        pages, data = [one.result() for one in slow[::2]], [one.result() for one in slow[1::2]]
    assert {answer.status_code for answer in pages + data} == {504}
    assert all(TOO_LONG in page.text for page in pages)
    assert all(page.headers["x-frame-options"] == "DENY" for page in pages)
    assert data[0].json() == {"error": {"status": 504, "message": TOO_LONG}}
    with ThreadPoolExecutor(THREADS) as visitors:
        assert {answer.status_code for answer in visitors.map(lambda _: visit(tls, "/"), range(2 * THREADS))} == {200}


def test_the_log_says_where_a_request_was_when_it_ended(limited: tuple[str, int, int]) -> None:
    lines = [json.loads(line) for line in docker("logs", limited[0]).stdout.splitlines()]
    found = [line for line in lines if "took too long" in line["message"]]
    assert any("core/api.py" in line["exception"] for line in found)


def test_a_statement_without_a_limit_is_cancelled_with_its_request(site: Site, patient: int) -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with ThreadPoolExecutor(THREADS) as visitors, locked_table(site):
        answers = list(visitors.map(lambda _: visit(patient, "/"), range(THREADS)))
        assert {answer.status_code for answer in answers} == {504}
        assert all(TOO_LONG in answer.text for answer in answers)
        assert eventually(lambda: sql(site, waiting) == "0", 5)
    with client(patient) as visitor:
        assert visitor.get("/").status_code == 200


def test_a_visitor_who_sends_slowly_has_more_time_than_a_request(limited: tuple[str, int, int]) -> None:
    head = b"POST /account/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("localhost", limited[1]), timeout=20) as connection:
        connection.sendall(head)
        for _ in range(LIMIT + 2):
            time.sleep(1)
            connection.sendall(b"x")
        connection.sendall(b"xx")
        # Without a token the form is refused.
        assert connection.recv(100).startswith(b"HTTP/1.1 403 ")


def test_a_process_that_hangs_is_no_healthy_one(limited: tuple[str, int, int]) -> None:
    web, _, tls = limited
    docker("exec", web, "python", "-c", SIGNAL_WORKERS.format("SIGSTOP"))
    try:
        assert docker("exec", web, "/usr/local/bin/healthcheck", check=False).returncode != 0
        with client(tls) as load_balancer:
            assert load_balancer.get("/healthz").status_code == 504
    finally:
        docker("exec", web, "python", "-c", SIGNAL_WORKERS.format("SIGCONT"))
    assert eventually(lambda: docker("exec", web, "/usr/local/bin/healthcheck", check=False).returncode == 0)
