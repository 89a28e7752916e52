"""Copies of the project, each with a name, a folder and ports of its own."""

import os
import random
import shutil
import socket
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.runtime import PORT_VARIABLES, ROOT, VENV, Ports, Runtime
from tests.e2e.checkout import Checkout

MOST_WORKERS = 64


@contextmanager
def fresh_checkout(folder: Path, time_factor: float = 1.0) -> Iterator[Checkout]:
    """A copy of the project. `down` runs at the end, also after a failed test."""
    _copy_project(folder)
    # A name of its own: another run on this machine removes its own containers only.
    name = f"preqly-e2e-{uuid.uuid4().hex[:6]}"
    runtime = Runtime(cloud=name, folder=folder / ".local-cloud", ports=Ports(**_free_ports()))
    checkout = Checkout(runtime=runtime, folder=folder, time_factor=time_factor)
    try:
        yield checkout
    finally:
        checkout.run("down")


def _copy_project(folder: Path) -> None:
    """Copy what `git clone` would bring, with changes that are not committed yet."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(VENV)
    author = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    for words in (["init", "-q"], ["add", "-A"], [*author, "commit", "-q", "-m", "copy"]):
        subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)


def _free_ports() -> dict[str, int]:
    """Ports without a listener, below the range of outgoing connections.

    Nobody listens on them yet, so each of xdist's workers has a share of the range that no other one has.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    share = range(20000 + worker, 30000, MOST_WORKERS)
    free = (port for port in random.SystemRandom().sample(share, k=100) if _is_free(port))
    return dict(zip(PORT_VARIABLES, free, strict=False))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
