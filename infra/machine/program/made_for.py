"""Whether a release is made for this machine: its images for the processor, its document for the program."""

import hashlib
import platform
from pathlib import Path
from typing import Any

from .errors import OtherMachineError
from .machine import Machine
from .release import fetch

ARCHIVE = Path(__file__).parents[1]
"""The file that this program is imported from (user_data.sh)."""
ARCHITECTURES = {"aarch64": "arm64", "x86_64": "x86_64"}


def refuse_other_machine(session: Any, machine: Machine, key: str) -> None:
    """Raise OtherMachineError when only a machine of another template can run the release."""
    release = fetch(session, machine, key)
    here = ARCHITECTURES.get(platform.machine(), platform.machine())
    if release.architecture != here:
        raise OtherMachineError(f"the release is built for {release.architecture}, and this machine is {here}")
    if hashlib.sha256(ARCHIVE.read_bytes()).hexdigest() not in release.program:
        raise OtherMachineError(f"the release comes with another program for the machine: {release.program}")
