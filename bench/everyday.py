"""Time and memory of the everyday commands on this machine, from an empty cloud to its removal."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.samples import Measures
from local.runtime import OperatorError
from local.setup.steps import Reporter

GOALS = {
    "make up, warm": 90,
    "make up, no change": 20,
    "make preview": 15,
}
"""The project's aims on two cores, in seconds; printed beside the measurement, never asserted."""
_COMMANDS = (("make up, warm", "up"), ("make up, no change", "up"), ("make preview", "preview"), ("make down", "down"))
_PORTS = {
    "PREQLY_HTTP_PORT": 18080,
    "PREQLY_HTTPS_PORT": 18443,
    "PREQLY_API_PORT": 14577,
    "PREQLY_REGISTRY_PORT": 15050,
}
# A new process counts the memory of the one that starts it, so a small process stands between bench and command.
_MEASURED = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[2:])
_, status, usage = os.wait4(process.pid, 0)
process.returncode = os.waitstatus_to_exitcode(status)
open(sys.argv[1], "w").write(str(usage.ru_maxrss))
sys.exit(process.returncode if process.returncode >= 0 else 128 - process.returncode)
"""


def measure_commands(folder: Path, report: Reporter) -> Measures:
    """Seconds and MiB by command. Raises OperatorError if one fails, for its time means nothing then."""
    log = folder / "commands.log"
    # A cloud of its own leaves the operator's cloud alone.
    environment = {name: str(port) for name, port in _PORTS.items()}
    environment |= {"PREQLY_CLOUD": "preqly-bench", "PREQLY_LOCAL_DIR": f"{folder}/cloud"}
    measures, failed = Measures(), []
    for name, command in _COMMANDS:
        report(name)
        code, seconds, peak = run([sys.executable, "-m", "local", command], log, environment)
        measures.add("everyday.seconds", name, seconds)
        measures.add("everyday.peak_mib", name, peak)
        failed += [f"{name} (exit code {code})"] if code else []
    if failed:
        raise OperatorError(f"{', '.join(failed)} failed:\n{log.read_text()[-4000:]}")
    return measures


def run(command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> tuple[int, float, float]:
    """Run a command and return exit code, seconds, and the largest resident set of one of its processes in MiB.

    Docker's engine and the embedded cloud's background process do not count."""
    with log.open("ab") as sink, tempfile.NamedTemporaryFile("r") as peak:
        started = time.monotonic()
        code = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _MEASURED, peak.name, *command],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            env={**os.environ, **(environment or {})},
            check=False,
        ).returncode
        seconds = time.monotonic() - started
        # Kibibytes on Linux, bytes on macOS.
        return code, seconds, int(peak.read()) / (1024 if sys.platform == "linux" else 1024 * 1024)
