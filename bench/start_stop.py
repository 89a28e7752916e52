"""D4, D3: seconds from a container's start to its first answer, and from SIGTERM to its end."""

import socket
import time
from pathlib import Path
from typing import Any

from bench import peers
from bench.builds import HOSTED, Built
from bench.samples import OURS, Measures
from bench.sandbox import APPLICATION, HARDENED, Sandbox, answers, open_sandbox, until
from local.setup.steps import Reporter

STARTS = 3
STOPS = 3
QUARTER: dict[str, Any] = {"nano_cpus": 250_000_000, "mem_limit": "512m"}
"""The smallest task of Fargate."""
STOP_TIMEOUT_SECONDS = 30
"""Between SIGTERM and SIGKILL: ECS's default."""
START_SECONDS = 240


def measure_start(built: Built, base_images: dict[str, str], folder: Path, report: Reporter) -> Measures:
    """Start the application servers alone, at a quarter of a CPU, with a migrated database."""
    measures = Measures()
    with open_sandbox() as sandbox:
        _database(sandbox, built, base_images, folder)
        for number in range(STARTS):
            for subject, options in _starters(built).items():
                report(f"start {number + 1} of {STARTS}: {subject}")
                measures.add("start.seconds", subject, _start(sandbox, options))
    return measures


def measure_stop(built: Built, base_images: dict[str, str], folder: Path, report: Reporter) -> Measures:
    """Stop the application servers while one used connection is open, as a load balancer keeps it."""
    measures = Measures()
    with open_sandbox() as sandbox:
        _database(sandbox, built, base_images, folder)
        for number in range(STOPS):
            for subject, options in _starters(built).items():
                # Each of its stops takes the whole timeout: one sample is enough.
                if number == 0 or subject != "single_stage":
                    report(f"stop {number + 1} of {STOPS}: {subject}")
                    measures.add("stop.seconds", subject, _stop(sandbox, options))
    return measures


def _database(sandbox: Sandbox, built: Built, base_images: dict[str, str], folder: Path) -> None:
    sandbox.start_database(base_images["postgres"], folder)
    sandbox.once(built.web, ["python", "manage.py", "migrate", "--noinput"], **HARDENED)


def _starters(built: Built) -> dict[str, dict[str, Any]]:
    """Docker options of each subject, and its port."""
    found: dict[str, dict[str, Any]] = {
        OURS: {"image": built.web, "port": 8005, "environment": APPLICATION, **HARDENED}
    }
    for peer in peers.load().values():
        if peer.start is not None:
            found[peer.name] = {
                "image": built.recipes[peer.name][0].reference,
                "port": 8000,
                "environment": {**APPLICATION, **HOSTED, **peer.start.environment, "STATIC_ROOT": "/tmp/static"},  # noqa: S108
            }
    return found


def _start(sandbox: Sandbox, options: dict[str, Any]) -> float:
    started = time.monotonic()
    container, url = _run(sandbox, {**options, **QUARTER})
    until(lambda: answers(f"{url}/healthz"), START_SECONDS, lambda: container.logs(tail=20).decode(), pause=0.02)
    seconds = time.monotonic() - started
    container.remove(force=True)
    return seconds


def _stop(sandbox: Sandbox, options: dict[str, Any]) -> float:
    container, url = _run(sandbox, options)
    until(lambda: answers(f"{url}/healthz"), START_SECONDS, lambda: container.logs(tail=20).decode())
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as idle:
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        idle.recv(4096)
        started = time.monotonic()
        container.stop(timeout=STOP_TIMEOUT_SECONDS)
        seconds = time.monotonic() - started
    container.remove(force=True)
    return seconds


def _run(sandbox: Sandbox, options: dict[str, Any]) -> tuple[Any, str]:
    wanted = dict(options)
    image, port = wanted.pop("image"), wanted.pop("port")
    container = sandbox.run(image, **wanted)
    return container, f"http://{sandbox.address(container)}:{port}"
