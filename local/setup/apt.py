"""Packages of Debian and Ubuntu."""

import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

from local.setup import shell

# Right after its boot a machine may hold the lock for its own upgrades.
_APT = ("apt-get", "-o", "DPkg::Lock::Timeout=180")
_ONE_AT_A_TIME = threading.Lock()
_updated: list[bool] = []


def usable() -> bool:
    """Whether packages can be installed here without a password."""
    return shutil.which("apt-get") is not None and shell.may_be_root()


def has(package: str) -> bool:
    """Whether the package lists, as far as they are loaded, have the package."""
    policy = shell.probe(["apt-cache", "policy", package]) or ""
    return "Candidate:" in policy and "Candidate: (none)" not in policy


def install(packages: Sequence[str], log: Path) -> None:
    """apt-get install without recommendations and questions. Raises SetupError."""
    with _ONE_AT_A_TIME:
        update(log)
        command = ["env", "DEBIAN_FRONTEND=noninteractive", *_APT, "install", "-y", "-q", "--no-install-recommends"]
        shell.run(shell.as_root([*command, *packages]), log)


def update(log: Path) -> None:
    """Load the package lists, once per run."""
    if not _updated:
        shell.run(shell.as_root([*_APT, "update", "-q"]), log)
        _updated.append(True)
