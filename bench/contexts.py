"""What the images are built from: copies of the sources, so that the one-line change is never made in the checkout."""

import re
import shutil
from pathlib import Path

from bench.peers import Peer
from local.runtime import ROOT

LEFT_OUT = ("tests", "conftest.py", "pytest.ini", "media", "static", "__pycache__", "*.pyc", ".*_cache", ".hypothesis")
"""What no image of the application carries, ours or a peer's."""
CHANGED = "core/views.py"
"""The file that the code-only change is made in."""


def ours(folder: Path) -> Path:
    """Everything docker/Dockerfile reads."""
    for name in ("app", "docker"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("tests", "__pycache__", "secrets"))
    shutil.copy(ROOT / ".dockerignore", folder)
    return folder


def theirs(peer: Peer, folder: Path) -> Path:
    """The same application as the root of the context, the peer's files beside it, and requirements.txt as pip reads it
    without hashes, in the versions of our lock."""
    ignored = shutil.ignore_patterns(*LEFT_OUT, "requirements.*", "lock.py")
    # The application's own static folders stay: only the one for collected files is left out.
    shutil.copytree(ROOT / "app", folder, ignore=lambda at, names: _ignored(ignored(at, names), Path(at)))
    for file in peer.folder.iterdir():
        if file.name not in {"Dockerfile", "peer.toml", "nginx.conf"}:
            shutil.copy(file, folder)
    lock = (ROOT / "app" / "requirements.txt").read_text()
    (folder / "requirements.txt").write_text("\n".join(requirements(lock, peer)) + "\n")
    return folder


def requirements(lock: str, peer: Peer) -> list[str]:
    """`name==version` lines of a lock with hashes, and what the peer adds: the same wheels for everybody."""
    pinned = re.findall(r"^([A-Za-z0-9._-]+)==([^\s\\;]+)( ;[^\\\n]*)?", lock, re.M)
    return [f"{name}=={version}{marker}".rstrip() for name, version, marker in pinned] + list(peer.added_packages)


def change_one_line(file: Path, mark: str) -> None:
    """A comment at the end: other bytes, the same program."""
    with file.open("a") as source:
        source.write(f"# {mark}\n")


def _ignored(names: set[str], at: Path) -> set[str]:
    return names if at == ROOT / "app" else names - {"static", "media"}
