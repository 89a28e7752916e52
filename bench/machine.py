"""The machine the bench runs on: what it is, and how much others use it meanwhile."""

import os
import platform
import re
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import docker

from local.runtime import ROOT

QUIET_LOAD = 0.5
"""Load average below which the machine counts as ours at the start."""
OTHERS_CORES = 0.25
"""A round in which other programs use more than this of a core is noisy."""


def describe(base_images: Mapping[str, str]) -> dict[str, Any]:
    """For the results file: what has to be the same for two runs to be compared."""
    client = docker.from_env()
    try:
        engine = client.version()
    finally:
        client.close()
    return {
        "cores": os.cpu_count(),
        "architecture": platform.machine(),
        "kernel": platform.release(),
        "docker": engine["Version"],
        "wrk": _wrk_version(),
        **{role: base_images[role] for role in ("python", "nginx", "postgres")},
        **_locked("django", "gunicorn", "psycopg"),
    }


def _locked(*packages: str) -> dict[str, str]:
    lock = (ROOT / "app" / "requirements.txt").read_text()
    return dict(re.findall(rf"^({'|'.join(packages)})==([^ \\]+)", lock, re.M))


def load() -> float:
    """Load average of the last minute."""
    return round(os.getloadavg()[0], 2)


class Others:
    """CPU time that neither the measured containers nor the load generator used."""

    def __init__(self) -> None:
        self._busy, self._started = _busy_seconds(), time.monotonic()

    def cores(self, ours: float) -> float:
        """Mean number of cores others kept busy since the beginning; `ours` in CPU seconds."""
        elapsed = time.monotonic() - self._started
        return max(_busy_seconds() - self._busy - ours, 0) / elapsed


def _busy_seconds() -> float:
    stat = Path("/proc/stat")
    if not stat.exists():
        return 0.0
    user, nice, system, _idle, _wait, irq, softirq, steal = map(int, stat.read_text().split("\n", 1)[0].split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _wrk_version() -> str:
    try:
        said = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return "not installed"
    return said.split(" [", 1)[0].removeprefix("wrk ").strip() or "unknown"
