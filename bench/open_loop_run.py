"""Starts the client of `bench.load.open_loop` in a process of its own and reads what it reports."""

import json
import resource
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from local.runtime import ROOT, OperatorError


@dataclass(frozen=True, kw_only=True)
class Report:
    """What came of the requests."""

    requests: int
    failed: int
    failures: dict[str, int]
    p50_ms: float | None
    p99_ms: float | None
    cpu_seconds: float = 0.0
    """The client's own."""


def start(
    url: str, *, rate: float, host: str = "localhost", seconds: float | None = None, cpu: int | None = None
) -> Any:
    """The running client; without seconds it goes on until `finish`."""
    command = [sys.executable, "-m", "bench.load.open_loop", url, "--host", host, "--rate", f"{rate:g}"]
    command += ["--seconds", f"{seconds:g}"] if seconds is not None else []
    command += ["--cpu", str(cpu)] if cpu is not None else []
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(client: Any, *, stop: bool) -> Report:
    """Wait for the end, or ask for it. Raises OperatorError with what the client said instead of a report."""
    if stop:
        client.terminate()
    said, complained = client.communicate()
    if client.returncode:
        raise OperatorError(f"The load generator exited with {client.returncode}:\n{complained[-2000:]}")
    return Report(**json.loads(said))


def run(url: str, *, rate: float, seconds: float, cpu: int | None) -> Report:
    """From start to end."""
    before = _children_cpu()
    report = finish(start(url, rate=rate, seconds=seconds, cpu=cpu), stop=False)
    return Report(**{**vars(report), "cpu_seconds": _children_cpu() - before})


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
