"""Copies of the project, each with a name, a folder and ports of its own."""

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


@contextmanager
def fresh_checkout(folder: Path, hosting: str) -> Iterator[Checkout]:
    """A copy of the project. Everything it has made is removed at the end, also when a test failed on the way."""
    copy_project(folder)
    # Another run on the same machine has another name: each removes its own containers only.
    name = f"preqly-e2e-{uuid.uuid4().hex[:6]}"
    runtime = Runtime(cloud=name, folder=folder / ".local-cloud", ports=Ports(**free_ports()))
    made = Checkout(runtime=runtime, folder=folder, hosting=hosting)
    yield made
    made.run("down")


def copy_project(folder: Path) -> None:
    """What `git clone` would bring, with the changes that are not committed yet."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(VENV)
    who = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    for words in (["init", "-q"], ["add", "-A"], [*who, "commit", "-q", "-m", "copy"]):
        subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)


def free_ports() -> dict[str, int]:
    """Four ports that nobody listens on, below those that outgoing connections are given."""
    free = (port for port in random.sample(range(20000, 30000), k=100) if is_free(port))
    return dict(zip(PORT_VARIABLES, free, strict=False))


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
