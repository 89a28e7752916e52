"""Packages of Debian and Ubuntu."""

import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

from local.setup import shell
from local.setup.steps import SetupError

# Right after its boot a machine may hold the lock for its own upgrades.
_APT = ("apt-get", "-o", "DPkg::Lock::Timeout=180")
_QUIETLY = ("env", "DEBIAN_FRONTEND=noninteractive")
_INTERRUPTED = "dpkg --configure -a"
"""What apt-get tells to run after an installation that was killed."""
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
    """apt-get install without recommendations and questions; ends one that was killed first. Raises SetupError."""
    command = shell.as_root([*_QUIETLY, *_APT, "install", "-y", "-q", "--no-install-recommends", *packages])
    with _ONE_AT_A_TIME:
        update(log)
        try:
            shell.run(command, log)
        except SetupError as error:
            if _INTERRUPTED not in str(error):
                raise
            shell.run(shell.as_root([*_QUIETLY, *_INTERRUPTED.split()]), log)
            shell.run(command, log)


def update(log: Path) -> None:
    """Load the package lists, once per run."""
    if not _updated:
        shell.run(shell.as_root([*_APT, "update", "-q"]), log)
        _updated.append(True)
