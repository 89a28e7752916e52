"""The project's virtual environment with requirements-dev.txt, made by a Python that is new enough."""

import hashlib
import shutil
import sys
from pathlib import Path

from local.runtime import ROOT, VENV, Runtime, venv_python
from local.setup import apt, shell
from local.setup.steps import Need, Reporter, SetupError

OLDEST = (3, 11)
NEWER = tuple(f"python3.{minor}" for minor in range(15, OLDEST[1] - 1, -1))
LOCK_FILES = ("requirements.txt", "requirements-dev.txt", "app/requirements.in", "packages/django-hosting/platform.in")
_STAMP = VENV / ".preqly-requirements"


class Venv:
    """`.venv`, stamped with a hash of all requirement files once it is complete."""

    name = "venv"
    after: tuple[str, ...] = ()

    def __init__(self, runtime: Runtime) -> None:
        self._log = runtime.logs / "setup-venv.log"

    def missing(self) -> Need | None:
        """The stamp is written last, so an incomplete environment counts as missing."""
        if _STAMP.is_file() and _STAMP.read_text() == wanted_stamp() and venv_python().exists():
            return None
        return Need(what="Python packages", how="requirements-dev.txt into .venv", seconds=60)

    def make(self, report: Reporter) -> None:
        """Create or complete `.venv`. Raises SetupError when no Python is new enough."""
        python = find_python()
        self._log.unlink(missing_ok=True)
        if shell.probe([venv_python(), "-c", f"import sys, pip; assert sys.version_info >= {OLDEST}"]) is None:
            report("making .venv")
            self._create(python)
        report("installing packages")
        # Python compiles what is imported, which is little of the SDKs: pip would take a minute for all of it.
        options = ["--disable-pip-version-check", "--quiet", "--prefer-binary", "--no-compile"]
        shell.run([venv_python(), "-m", "pip", "install", *options, "-r", ROOT / "requirements-dev.txt"], self._log)
        _STAMP.write_text(wanted_stamp())

    def _create(self, python: str) -> None:
        create = [python, "-m", "venv", "--clear", VENV]
        try:
            shell.run(create, self._log)
        except SetupError:
            # Debian and Ubuntu have the venv module in a package of its own.
            package = Path(shutil.which(python) or python).resolve().name + "-venv"
            if not (apt.usable() and apt.has(package)):
                raise
            apt.install([package], self._log)
            shell.run(create, self._log)


def find_python() -> str:
    """The running interpreter if it is new enough, else the newest on PATH. Raises SetupError."""
    if sys.version_info >= OLDEST:
        return getattr(sys, "_base_executable", sys.executable)
    for name in NEWER:
        if shutil.which(name) and shell.probe([name, "-c", "import venv"]) is not None:
            return name
    have = ".".join(str(part) for part in sys.version_info[:3])
    need = ".".join(str(part) for part in OLDEST)
    raise SetupError(
        f"Python {need} or newer is needed; {sys.executable} is {have} and PATH has no {' '.join(NEWER)}. "
        "Install one (Debian 12, Ubuntu 24.04 and Homebrew have it) and run make again."
    )


def wanted_stamp() -> str:
    """A hash of the requirement files, and of the path: an environment does not work after a move."""
    digest = hashlib.sha256(str(VENV.resolve()).encode())
    for name in LOCK_FILES:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()
