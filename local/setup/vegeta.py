"""vegeta, the bench's load generator with a fixed rate of requests, built from its Go module."""

import shutil
from pathlib import Path

from local.runtime import Runtime, tool_cache
from local.setup import go
from local.setup.steps import Need, Reporter

MODULE = "github.com/tsenart/vegeta/v12@v12.13.0"


class Vegeta:
    """`vegeta` on PATH or in the tool cache."""

    name = "vegeta"
    after = ("venv",)

    def __init__(self, runtime: Runtime) -> None:
        self._log = runtime.logs / "setup-vegeta.log"

    def missing(self) -> Need | None:
        """Looks for the binary."""
        return None if program() else Need(what="vegeta", how="built from its Go module", seconds=60)

    def make(self, report: Reporter) -> None:
        """Raises SetupError with the end of Go's output."""
        self._log.unlink(missing_ok=True)
        report("building from its Go module")
        go.install(MODULE, _cached(), self._log)


def program() -> str | None:
    """Path of vegeta."""
    return shutil.which("vegeta") or (str(_cached()) if _cached().exists() else None)


def _cached() -> Path:
    return tool_cache() / f"vegeta-{MODULE.rpartition('@')[2]}"
