"""A gunicorn of one process and two threads with the platform's worker, for a small application."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

APP = Path(__file__).parents[2]
LIMIT = 1.0
"""Seconds of a request; stuck after half a second more."""
CONFIGURATION = """
import sys
sys.path.insert(0, {app!r})
import hosting.deadline, hosting.worker
hosting.worker.PORT = {liveness}
hosting.worker.request_timeout = lambda: {limit}
hosting.deadline.STUCK_AFTER_SECONDS = 0.5
bind = ["127.0.0.1:{port}", "127.0.0.1:{liveness}"]
worker_class = "hosting.worker.Worker"
workers, threads, preload_app, control_socket_disable, max_requests = 1, 2, True, True, {max_requests}
"""
APPLICATION = """
import os, time
from django.conf import settings
settings.configure(DATABASES={})

def application(environ, start_response):
    path, _, seconds = environ["PATH_INFO"].strip("/").partition("/")
    end = time.monotonic() + float(seconds or 0)
    print("began", path, seconds, flush=True)
    if path == "stream":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return stream(end)
    if path == "wait":
        time.sleep(float(seconds))
    while path == "compute" and time.monotonic() < end:
        sum(range(1000))
    body = str(os.getpid()).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]

def stream(end):
    while time.monotonic() < end:
        time.sleep(0.05)
        yield b"part"
"""


class Served:
    """Addresses and output of the server."""

    def __init__(self, folder: Path, port: int, liveness: int, process: subprocess.Popen[bytes]) -> None:
        self.url, self.liveness = f"http://127.0.0.1:{port}", liveness
        self.process, self._log = process, folder / "log"

    @property
    def log(self) -> str:
        """What gunicorn has written."""
        return self._log.read_text()

    def get(self, path: str) -> httpx.Response:
        """One visit on a connection of its own."""
        return httpx.get(f"{self.url}/{path}", timeout=20, trust_env=False)

    def alive(self) -> float:
        """Seconds until the health check's answer."""
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", self.liveness), timeout=3) as connection:
            connection.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            answer = b"".join(iter(lambda: connection.recv(1000), b""))
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n"), answer
        assert answer.endswith(b'{"status": "alive"}')
        return time.monotonic() - began


@contextmanager
def served(folder: Path, max_requests: int = 0) -> Iterator[Served]:
    """Start the server, and stop it at the end of the block."""
    port, liveness = _free_port(), _free_port()
    (folder / "small.py").write_text(APPLICATION)
    text = CONFIGURATION.format(app=str(APP), port=port, liveness=liveness, limit=LIMIT, max_requests=max_requests)
    (folder / "conf.py").write_text(text)
    command = [sys.executable, "-m", "gunicorn", "--config", "conf.py", "small:application"]
    with (folder / "log").open("wb") as log:
        environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    found = Served(folder, port, liveness, process)
    try:
        _wait_until_alive(found)
        yield found
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _wait_until_alive(server: Served) -> None:
    end = time.monotonic() + 30
    while True:
        try:
            server.alive()
        except OSError:
            assert time.monotonic() < end, server.log
            assert server.process.poll() is None, server.log
            time.sleep(0.05)
        else:
            return


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
