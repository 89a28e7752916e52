"""D4, D3: seconds from a container's start to its first answer, and from SIGTERM to its end."""

import socket
import time
from pathlib import Path
from typing import Any

from bench import peers
from bench.builds import Built, Say
from bench.samples import OURS, Measures
from bench.stand import APPLICATION, HARDENED, Stand, answers, standing, until

STARTS = 3
STOPS = 3
QUARTER: dict[str, Any] = {"nano_cpus": 250_000_000, "mem_limit": "512m"}
"""The smallest task of Fargate."""
PATIENCE_SECONDS = 30
"""Between SIGTERM and SIGKILL, as ECS waits unless told otherwise."""
START_SECONDS = 240


def measure_start(built: Built, base_images: dict[str, str], folder: Path, say: Say) -> Measures:
    """The application servers alone, at a quarter of a CPU, with a migrated database: what images do at a start."""
    measures = Measures()
    with standing() as stand:
        _database(stand, built, base_images, folder)
        for number in range(STARTS):
            for subject, options in _starters(built).items():
                say(f"start {number + 1} of {STARTS}: {subject}")
                measures.add("start.seconds", subject, _start(stand, options))
    return measures


def measure_stop(built: Built, base_images: dict[str, str], folder: Path, say: Say) -> Measures:
    """With one connection that was used and is kept, as a load balancer keeps it."""
    measures = Measures()
    with standing() as stand:
        _database(stand, built, base_images, folder)
        for number in range(STOPS):
            for subject, options in _starters(built).items():
                # Each of its stops takes all of the patience there is: one more would say the same.
                if number == 0 or subject != "single_stage":
                    say(f"stop {number + 1} of {STOPS}: {subject}")
                    measures.add("stop.seconds", subject, _stop(stand, options))
    return measures


def _database(stand: Stand, built: Built, base_images: dict[str, str], folder: Path) -> None:
    stand.start_database(base_images["postgres"], folder)
    stand.once(built.web, ["python", "manage.py", "migrate", "--noinput"], **HARDENED)


def _starters(built: Built) -> dict[str, dict[str, Any]]:
    """What Docker is told for each subject, port included."""
    found: dict[str, dict[str, Any]] = {
        OURS: {"image": built.web, "port": 8005, "environment": APPLICATION, **HARDENED}
    }
    for peer in peers.load().values():
        if peer.start is not None:
            found[peer.name] = {
                "image": built.recipes[peer.name][0].reference,
                "port": 8000,
                "environment": {**APPLICATION, **peer.start.environment, "STATIC_ROOT": "/tmp/static"},  # noqa: S108
            }
    return found


def _start(stand: Stand, options: dict[str, Any]) -> float:
    started = time.monotonic()
    container, url = _run(stand, {**options, **QUARTER})
    until(lambda: answers(f"{url}/healthz"), START_SECONDS, lambda: container.logs(tail=20).decode(), pause=0.02)
    seconds = time.monotonic() - started
    container.remove(force=True)
    return seconds


def _stop(stand: Stand, options: dict[str, Any]) -> float:
    container, url = _run(stand, options)
    until(lambda: answers(f"{url}/healthz"), START_SECONDS, lambda: container.logs(tail=20).decode())
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as idle:
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        idle.recv(4096)
        started = time.monotonic()
        container.stop(timeout=PATIENCE_SECONDS)
        seconds = time.monotonic() - started
    container.remove(force=True)
    return seconds


def _run(stand: Stand, options: dict[str, Any]) -> tuple[Any, str]:
    wanted = dict(options)
    image, port = wanted.pop("image"), wanted.pop("port")
    container = stand.run(image, **wanted)
    return container, f"http://{stand.address(container)}:{port}"
