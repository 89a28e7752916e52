"""The machine of the bench: its description, and the CPU time of other programs."""

import os
import platform
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import docker

from local.runtime import ROOT

QUIET_LOAD = 0.5
"""Load average below which the machine counts as idle at the start."""
OTHERS_CORES = 0.25
"""A round is noisy if other programs use more than this share of a core."""


def describe(base_images: Mapping[str, str]) -> dict[str, Any]:
    """Versions and sizes that must be the same for two runs to be comparable."""
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
        **{role: base_images[role] for role in ("python", "nginx", "postgres")},
        **_locked("django", "gunicorn", "psycopg"),
    }


def _locked(*packages: str) -> dict[str, str]:
    locks = (ROOT / "packages" / "django-hosting" / "platform.txt", ROOT / "app" / "requirements.txt")
    text = "\n".join(lock.read_text() for lock in locks)
    return dict(re.findall(rf"^({'|'.join(packages)})==([^ \\]+)", text, re.M))


def load() -> float:
    """Load average of the last minute."""
    return round(os.getloadavg()[0], 2)


class OtherLoad:
    """CPU time used by neither the measured containers nor the load generator."""

    def __init__(self) -> None:
        self._busy, self._started = _busy_seconds(), time.monotonic()

    def cores(self, ours: float) -> float:
        """Mean number of busy cores since the start, without `ours` CPU seconds."""
        elapsed = time.monotonic() - self._started
        return max(_busy_seconds() - self._busy - ours, 0) / elapsed


def _busy_seconds() -> float:
    stat = Path("/proc/stat")
    if not stat.exists():
        return 0.0
    user, nice, system, _idle, _wait, irq, softirq, steal = map(int, stat.read_text().split("\n", 1)[0].split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")
