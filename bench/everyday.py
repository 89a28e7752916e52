"""`make bench`: how long the everyday commands take on this machine, from an empty cloud to its removal."""

import argparse
import json
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.measure import Measurement, measure
from local.runtime import ROOT, Runtime

RESULTS = ROOT / "bench" / "results.json"
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


def bench(_: argparse.Namespace, __: Runtime) -> int:
    """Print a table and write bench/results.json. 1 if a command failed: its time means nothing then."""
    with tempfile.TemporaryDirectory(prefix="preqly-bench-") as folder:
        log = Path(folder) / "commands.log"
        # A cloud of its own: the one somebody works with stays as it is.
        environment = {name: str(port) for name, port in _PORTS.items()}
        environment |= {"PREQLY_CLOUD": "preqly-bench", "PREQLY_LOCAL_DIR": f"{folder}/cloud"}
        console = Console()
        taken = []
        for name, command in _PARTS:
            console.print(f"{name} ...", highlight=False)
            taken.append(measure(name, [sys.executable, "-m", "local", command], log, environment))
        failed = [one for one in taken if one.exit_code]
        if failed:
            console.print(log.read_text()[-4000:], highlight=False, markup=False)
    _print(console, taken)
    _write(taken)
    return 1 if failed else 0


def _print(console: Console, taken: list[Measurement]) -> None:
    table = Table("command", "seconds", "goal", "peak MiB", "exit code")
    for one in taken:
        goal = f"{GOALS[one.name]}" if one.name in GOALS else ""
        table.add_row(one.name, f"{one.seconds:.1f}", goal, f"{one.peak_mib:.0f}", str(one.exit_code))
    console.print(table)


def _write(taken: list[Measurement]) -> None:
    machine = {"cores": os.cpu_count(), "architecture": platform.machine(), "system": platform.system()}
    content = {
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine,
        "results": [one.as_json() for one in taken],
    }
    RESULTS.write_text(json.dumps(content, indent=2) + "\n")
