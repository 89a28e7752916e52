"""Load generators: wrk keeps a number of connections busy, vegeta sends at a fixed rate without waiting for answers."""

import json
import resource
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.runtime import OperatorError
from local.setup import vegeta

REPORT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True, kw_only=True)
class ClosedLoad:
    """Result of wrk: each connection sends its next request when the last one is answered."""

    requests: int
    seconds: float
    failed: int
    """Connections refused, broken or timed out."""
    refused: int
    """Answers with a status of 400 or more."""
    p99_ms: float
    cpu_seconds: float
    """CPU time of wrk."""

    @property
    def rps(self) -> float:
        """Answers per second."""
        return self.requests / self.seconds


def run_wrk(url: str, *, seconds: int, connections: int, cpu: int, headers: Mapping[str, str]) -> ClosedLoad:
    """Load one address from one thread on one CPU. Raises OperatorError if wrk fails."""
    command = [*_pinned(cpu), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(REPORT)]
    for name, value in {"Host": "localhost", **headers}.items():
        command += ["-H", f"{name}: {value}"]
    before = _children_cpu()
    done = subprocess.run([*command, url], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OperatorError(f"wrk {url} exited with {done.returncode}: {done.stdout}{done.stderr}")
    report: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return ClosedLoad(**report, cpu_seconds=_children_cpu() - before)


@dataclass(frozen=True, kw_only=True)
class OpenLoad:
    """Result of vegeta. An answer other than 200 is a failed request."""

    requests: int
    failed: int
    failures: Mapping[str, int]
    """Requests by HTTP status; 0 for those without an answer."""
    p99_ms: float
    cpu_seconds: float = 0.0
    """CPU time of vegeta."""


class Vegeta:
    """A running vegeta; without `seconds` it sends until `finish`."""

    def __init__(
        self, url: str, *, rate: int, host: str = "localhost", seconds: float = 0, cpu: int | None = None
    ) -> None:
        binary = vegeta.program()
        if binary is None:
            raise OperatorError("vegeta is missing. Run make bench with access to a Go module proxy, or install it.")
        self._binary = binary
        self._results = tempfile.NamedTemporaryFile(prefix="preqly-bench-", suffix=".vegeta")  # noqa: SIM115
        command = [*_pinned(cpu), binary, "attack", f"-rate={rate}/s", f"-duration={seconds:g}s", "-timeout=10s"]
        command += ["-http2=false", "-insecure", "-redirects=-1", f"-output={self._results.name}"]
        self._before = _children_cpu()
        with tempfile.TemporaryFile("w+") as target:
            target.write(f"GET {url}\nHost: {host}\n")
            target.seek(0)
            self._process = subprocess.Popen(
                command, stdin=target, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
            )

    def finish(self, *, stop: bool = False) -> OpenLoad:
        """Wait for the end, or ask for it. Raises OperatorError with vegeta's output if it fails."""
        if stop:
            self._process.send_signal(signal.SIGINT)
        _, complaint = self._process.communicate()
        used = _children_cpu() - self._before
        with self._results:
            report = subprocess.run(
                [self._binary, "report", "-type=json", self._results.name], capture_output=True, text=True, check=False
            )
        if self._process.returncode or report.returncode:
            raise OperatorError(f"vegeta exited with {self._process.returncode}:\n{complaint}{report.stderr}")
        return read_report(json.loads(report.stdout), used)

    def kill(self) -> None:
        """End it, if it still runs, without a result."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()
        self._results.close()


def read_report(report: Mapping[str, Any], cpu_seconds: float = 0.0) -> OpenLoad:
    """The result in a report of vegeta, which counts times in nanoseconds."""
    failures = {status: int(count) for status, count in report["status_codes"].items() if status != "200"}
    return OpenLoad(
        requests=int(report["requests"]),
        failed=sum(failures.values()),
        failures=failures,
        p99_ms=report["latencies"]["99th"] / 1e6,
        cpu_seconds=cpu_seconds,
    )


def _pinned(cpu: int | None) -> list[str]:
    return [] if cpu is None else ["taskset", "--cpu-list", str(cpu)]


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
