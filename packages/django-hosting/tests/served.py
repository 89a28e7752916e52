"""A gunicorn of one process with one of the platform's workers, for a small application."""

import json
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

SOURCE = Path(__file__).parents[1] / "src"
LIMIT = 1.0
"""Seconds of a request; stuck after half a second more."""
LONGER = 3
"""Seconds of a request for /longer."""
CONFIGURATION = """
import django_hosting.deadline, django_hosting.{module} as worker
worker.PORT = {liveness}
worker.request_timeout = lambda: {limit}
django_hosting.deadline.STUCK_AFTER_SECONDS = 0.5
bind = ["127.0.0.1:{port}", "127.0.0.1:{liveness}"]
worker_class = "django_hosting.{module}.{worker}"
workers, threads, preload_app, control_socket_disable, max_requests = 1, 2, True, True, {max_requests}
graceful_timeout, forwarded_allow_ips = 8, "*"
logconfig_dict = {{
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {{"json": {{"()": "django_hosting.logs.JsonFormatter", "release": "r1"}}}},
    "handlers": {{"stdout": {{"class": "logging.StreamHandler", "formatter": "json"}}}},
    "root": {{"handlers": ["stdout"], "level": "INFO"}},
    "loggers": {{"gunicorn.error": {{"handlers": [], "level": "INFO", "propagate": True}}}},
}}
"""
WSGI = """
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
    if path in ("wait", "longer"):
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
ASGI = """
import asyncio, os
from django.conf import settings
settings.configure(DATABASES={})

async def application(scope, receive, send):
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                print("closed with", message["code"], flush=True)
                return
            if message.get("text") == "break":
                raise RuntimeError("broken")
            if "text" in message:
                await send({"type": "websocket.send", "text": message["text"]})
    if scope["type"] != "http":
        raise ValueError("no lifespan, as Django")
    path, _, seconds = scope["path"].strip("/").partition("/")
    seconds = float(seconds or 0)
    print("began", path, seconds, flush=True)
    if path == "stream":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(int(seconds * 10)):
            await asyncio.sleep(0.1)
            await send({"type": "http.response.body", "body": b"part", "more_body": True})
        await send({"type": "http.response.body", "body": b"."})
        return
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        print("cancelled", path, flush=True)
        raise
    body = f"{os.getpid()} {scope['scheme']} {scope['client'][0]}".encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
"""


class Served:
    """Addresses and output of the server."""

    def __init__(self, folder: Path, port: int, liveness: int, process: subprocess.Popen[bytes]) -> None:
        self.port, self.liveness = port, liveness
        self.url = f"http://127.0.0.1:{port}"
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
def served(folder: Path, max_requests: int = 0, *, asgi: bool = False) -> Iterator[Served]:
    """Start the server, and stop it at the end of the block."""
    port, liveness = _free_port(), _free_port()
    module, worker = ("asgi_worker", "AsgiWorker") if asgi else ("worker", "Worker")
    (folder / "small.py").write_text(ASGI if asgi else WSGI)
    paths = [{"path": "/longer/*", "seconds": LONGER}]
    (folder / "application.json").write_text(json.dumps({"settings": "small", "proxy": {"paths": paths}}))
    places = {"port": port, "liveness": liveness, "limit": LIMIT, "max_requests": max_requests}
    (folder / "conf.py").write_text(CONFIGURATION.format(module=module, worker=worker, **places))
    command = [sys.executable, "-m", "gunicorn", "--config", "conf.py", "small:application"]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(SOURCE),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DJANGO_HOSTING_APPLICATION": str(folder / "application.json"),
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True)
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
