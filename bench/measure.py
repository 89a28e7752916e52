"""Runs a command and takes its wall time and the most memory that any of its processes held."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

USAGE = Path(__file__).with_name("usage.py")


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
    with tempfile.TemporaryDirectory() as folder, log.open("ab") as sink:
        report = Path(folder) / "maxrss"
        started = time.monotonic()
        process = subprocess.run(
            [sys.executable, "-I", "-S", str(USAGE), str(report), *command],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            env={**os.environ, **(environment or {})},
            check=False,
        )
        seconds = time.monotonic() - started
        peak = _mib(int(report.read_text()))
    return Measurement(name=name, seconds=round(seconds, 2), peak_mib=round(peak, 1), exit_code=process.returncode)


def _mib(maxrss: int) -> float:
    # Kibibytes on Linux, bytes on macOS.
    return maxrss / (1024 if sys.platform == "linux" else 1024 * 1024)
