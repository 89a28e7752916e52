"""Chromium, for the tests that look at the site as a visitor does."""

import shutil

from local.runtime import Runtime
from local.setup import apt
from local.setup.step import Need, Say

PACKAGE = "chromium"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


class Browser:
    """A Chromium on PATH. Where it cannot be installed without asking, its tests are skipped and say why."""

    name = "browser"
    after = ("venv",)

    def __init__(self, runtime: Runtime) -> None:
        self._log = runtime.logs / "setup-browser.log"

    def missing(self) -> Need | None:
        """Nothing is missing where this cannot help."""
        if program() or not apt.usable() or not apt.has(PACKAGE):
            return None
        return Need(what="Chromium", how=f"this distribution's package {PACKAGE}", seconds=60)

    def make(self, _say: Say) -> None:
        """Raises SetupError."""
        self._log.unlink(missing_ok=True)
        apt.install([PACKAGE], self._log)


def program() -> str | None:
    """Path of a Chromium or Chrome."""
    return next((found for found in map(shutil.which, PROGRAMS) if found), None)
