"""Debian's and Ubuntu's packages, where the machine has them."""

import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

from local.setup import shell

# A machine that has just booted may be busy with its own upgrades.
_APT = ("apt-get", "-o", "DPkg::Lock::Timeout=180")
_ONE_AT_A_TIME = threading.Lock()
_updated: list[bool] = []


def usable() -> bool:
    """Whether packages can be installed here without asking anybody."""
    return shutil.which("apt-get") is not None and shell.may_be_root()


def has(package: str) -> bool:
    """Whether the distribution offers the package (as far as its lists are loaded)."""
    policy = shell.answer(["apt-cache", "policy", package]) or ""
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
