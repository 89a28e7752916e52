"""wrk: a fixed number of connections, each sending its next request when the last is answered."""

import json
import resource
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.runtime import OperatorError

REPORT = Path(__file__).with_name("report.lua")


@dataclass(frozen=True, kw_only=True)
class Load:
    """What came of a run."""

    requests: int
    seconds: float
    bytes: int
    failed: int
    """Connections refused, broken or timed out."""
    refused: int
    """Answers with a status of 400 or more."""
    p50_ms: float
    p99_ms: float
    cpu_seconds: float
    """The client's own."""

    @property
    def rps(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds


def run(url: str, *, seconds: int, connections: int, cpu: int | None, headers: Mapping[str, str]) -> Load:
    """Load one address from one thread, pinned to a CPU if one is named. Raises OperatorError if wrk fails."""
    wanted = {"Host": "localhost", **headers}
    command = ["taskset", "--cpu-list", str(cpu)] if cpu is not None else []
    command += ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(REPORT)]
    command += [word for name, value in wanted.items() for word in ("-H", f"{name}: {value}")]
    before = _children_cpu()
    done = subprocess.run([*command, url], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OperatorError(f"wrk {url} exited with {done.returncode}: {done.stdout}{done.stderr}")
    report: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return Load(**report, cpu_seconds=_children_cpu() - before)


def program() -> str | None:
    """Path of wrk."""
    return shutil.which("wrk")


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
