"""Runs a command and takes its wall time and the most memory that any of its processes held."""

import os
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

SMALL_PARENT = ("/bin/sh", "-c", '"$@"; exit $?', "sh")
"""Until it runs its own program a new process counts the memory of the one it was split off from: a shell has little."""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One run."""

    name: str
    seconds: float
    peak_mib: float
    """Largest resident set of one process of the command: the engine, Python or a compiler. Docker's engine and the
    embedded cloud's background process are not part of it."""
    exit_code: int

    def as_json(self) -> dict[str, str | float | int]:
        """For bench/results.json."""
        return asdict(self)


def measure(name: str, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Measurement:
    """Run to the end; output goes to the log."""
    with log.open("ab") as sink:
        started = time.monotonic()
        process = subprocess.Popen(
            [*SMALL_PARENT, *command],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            env={**os.environ, **(environment or {})},
        )
        # wait4 counts this command's own children, where getrusage would keep the maximum of all earlier ones.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    return Measurement(
        name=name, seconds=round(seconds, 2), peak_mib=round(_mib(usage), 1), exit_code=process.returncode
    )


def _mib(usage: resource.struct_rusage) -> float:
    # Kibibytes on Linux, bytes on macOS.
    unit = 1024 if os.uname().sysname == "Linux" else 1024 * 1024
    return usage.ru_maxrss / unit
