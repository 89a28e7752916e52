"""Which machine this is: what user data told it, and where it keeps what."""

import json
from dataclasses import dataclass
from pathlib import Path

from .errors import MachineError


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Where the machine's release is named, and its folders."""

    region: str
    bucket: str
    """Holds releases and programs, each named by its SHA-256."""
    parameter: str
    """SSM parameter whose value is the key of the release that serves."""
    log_group: str
    """Where the keeper's own lines go."""
    memory: Path = Path("/run/preqly")
    """In memory only: secrets, credentials of the registry, files of the running slots."""
    disk: Path = Path("/var/lib/preqly")
    """Survives a restart of the machine, not its replacement."""

    @classmethod
    def load(cls, path: Path = Path("/etc/preqly/machine.json")) -> "Machine":
        """What user data wrote. Raises MachineError."""
        try:
            told = json.loads(path.read_text())
            return cls(
                region=told["region"],
                bucket=told["bucket"],
                parameter=told["parameter"],
                log_group=told["log_group"],
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise MachineError(
                f"{path}: {error!r}. User data writes this file at the first boot; see /var/log/cloud-init-output.log."
            ) from error
