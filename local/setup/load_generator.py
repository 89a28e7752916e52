"""wrk, which asks for pages as fast as they are answered: for the bench."""

import shutil

from local.runtime import Runtime
from local.setup import apt
from local.setup.step import Need, Say

PACKAGE = "wrk"


class LoadGenerator:
    """wrk on PATH. Where it cannot be installed without asking, the part of the bench that needs it says so."""

    name = "wrk"
    after = ("venv",)

    def __init__(self, runtime: Runtime) -> None:
        self._log = runtime.logs / "setup-wrk.log"

    def missing(self) -> Need | None:
        """Nothing is missing where this cannot help."""
        if shutil.which("wrk") or not apt.usable() or not apt.has(PACKAGE):
            return None
        return Need(what="wrk", how=f"this distribution's package {PACKAGE}", seconds=10)

    def make(self, _say: Say) -> None:
        """Raises SetupError."""
        self._log.unlink(missing_ok=True)
        apt.install([PACKAGE], self._log)
