"""How long the everyday commands take on this machine, from an empty cloud to its removal."""

import sys
from pathlib import Path

from bench.builds import Say
from bench.measure import Measurement, measure
from bench.samples import Measures
from local.runtime import OperatorError

GOALS = {
    "make up, warm": 90,
    "make up, no change": 20,
    "make preview": 15,
}
"""What the project aims at on two cores, in seconds; printed beside the measurement, never asserted."""
_PARTS = (("make up, warm", "up"), ("make up, no change", "up"), ("make preview", "preview"), ("make down", "down"))
_PORTS = {
    "PREQLY_HTTP_PORT": 18080,
    "PREQLY_HTTPS_PORT": 18443,
    "PREQLY_API_PORT": 14577,
    "PREQLY_REGISTRY_PORT": 15050,
}


def measure_commands(folder: Path, say: Say) -> Measures:
    """Seconds and MiB by command. Raises OperatorError if one failed: its time means nothing then."""
    log = folder / "commands.log"
    # A cloud of its own: the one somebody works with stays as it is.
    environment = {name: str(port) for name, port in _PORTS.items()}
    environment |= {"PREQLY_CLOUD": "preqly-bench", "PREQLY_LOCAL_DIR": f"{folder}/cloud"}
    measures, failed = Measures(), []
    for name, command in _PARTS:
        say(name)
        taken = measure(name, [sys.executable, "-m", "local", command], log, environment)
        measures.add("everyday.seconds", name, taken.seconds)
        measures.add("everyday.peak_mib", name, taken.peak_mib)
        failed += [taken] if taken.exit_code else []
    if failed:
        raise OperatorError(f"{_names(failed)} failed:\n{log.read_text()[-4000:]}")
    return measures


def _names(failed: list[Measurement]) -> str:
    return ", ".join(f"{one.name} (exit code {one.exit_code})" for one in failed)
