"""Programs that a distribution's package provides: Chromium for the tests, wrk for the bench.

Where the package cannot be installed without a question, the tests and measurements that need it are skipped."""

import shutil
from collections.abc import Sequence

from local.runtime import Runtime
from local.setup import apt
from local.setup.steps import Need, Reporter


class Package:
    """A program on PATH, or the package that provides it."""

    after = ("venv",)
    name: str
    package: str
    programs: Sequence[str]
    """Names of the program on PATH; the first that exists is used."""
    seconds: int

    def __init__(self, runtime: Runtime) -> None:
        self._log = runtime.logs / f"setup-{self.name}.log"

    @classmethod
    def program(cls) -> str | None:
        """Path of the program."""
        return next((found for found in map(shutil.which, cls.programs) if found), None)

    def missing(self) -> Need | None:
        """Nothing is missing on a machine where the package cannot be installed."""
        if self.program() or not apt.usable() or not apt.has(self.package):
            return None
        return Need(what=self.name, how=f"this distribution's package {self.package}", seconds=self.seconds)

    def make(self, _report: Reporter) -> None:
        """Raises SetupError."""
        self._log.unlink(missing_ok=True)
        apt.install([self.package], self._log)


class Browser(Package):
    """Chromium or Chrome, for the tests that look at the site as a visitor does."""

    name = "browser"
    package = "chromium"
    programs = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
    seconds = 60


class Wrk(Package):
    """wrk, the bench's load generator with a fixed number of connections."""

    name = "wrk"
    package = "wrk"
    programs = ("wrk",)
    seconds = 10
