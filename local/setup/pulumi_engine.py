"""The Pulumi engine in the SDK's version: on PATH, from its installer, or built from its Go module."""

import os
import re
import shutil
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from local.runtime import ROOT, Runtime, tool_cache, venv_python
from local.setup import go, shell
from local.setup.steps import Need, Reporter, SetupError

MODULE = Path(__file__).parent / "engine"
COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
_INSTALLER = "https://get.pulumi.com/install.sh"
_INSTALLER_PROBE_SECONDS = 4.0
_INSTALLER_SECONDS = 300.0
_BINARY = "pulumi.exe" if os.name == "nt" else "pulumi"


class Engine:
    """A `pulumi` of the pinned version on PATH or in the tool cache."""

    name = "engine"
    after = ("venv",)

    def __init__(self, runtime: Runtime) -> None:
        self._log = runtime.logs / "setup-engine.log"

    def missing(self) -> Need | None:
        """Asks each binary for its version."""
        if find_engine() is not None:
            return None
        return Need(
            what=f"Pulumi engine {sdk_version()}",
            seconds=480,
            how="its installer, or built from its Go module where the installer's site does not answer",
        )

    def make(self, report: Reporter) -> None:
        """Raises SetupError with both reasons if neither source works."""
        self._log.unlink(missing_ok=True)
        report("trying the official installer")
        if self._install():
            return
        report("getting Go")
        compiler = go.find_or_install(self._log)
        report("building from its Go module")
        self._build(compiler)

    def _install(self) -> bool:
        """Pulumi's own installer, by way of the SDK. False where its site does not answer or does not deliver."""
        try:
            urllib.request.urlopen(_INSTALLER, timeout=_INSTALLER_PROBE_SECONDS).close()
        except (urllib.error.URLError, TimeoutError, OSError):
            return False
        root = cached_root()
        script = f"from pulumi.automation import PulumiCommand; PulumiCommand.install(root={str(root)!r})"
        try:
            shell.run([venv_python(), "-c", script], self._log, seconds=_INSTALLER_SECONDS)
        except SetupError:
            shutil.rmtree(root, ignore_errors=True)
        return find_engine() is not None

    def _build(self, compiler: Path) -> None:
        target = cached_root() / "bin" / _BINARY
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=tool_cache()) as folder:
            built = Path(folder) / _BINARY
            # The Automation API refuses an engine without a version.
            flags = f"-s -w -X {_VERSION_VARIABLE}=v{sdk_version()}"
            command = [compiler, "build", "-ldflags", flags, "-o", built, COMMAND]
            module = shutil.copytree(MODULE, Path(folder) / "module")
            shell.run(command, self._log, cwd=module, env={"GOTOOLCHAIN": "local"})
            built.replace(target)


def sdk_version() -> str:
    """The version of engine and SDK, as requirements.txt pins it."""
    pinned = re.search(r"^pulumi==([\d.]+)$", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    if pinned is None:
        raise SetupError("requirements.txt: no line `pulumi==<version>`; the engine cannot be chosen without it.")
    return pinned.group(1)


def cached_root() -> Path:
    """Where the tool cache keeps the engine: `bin/pulumi` below it."""
    return tool_cache() / f"pulumi-{sdk_version()}"


def find_engine() -> Path | None:
    """A `pulumi` of exactly the SDK's version: on PATH, else in the tool cache."""
    on_path = shutil.which("pulumi")
    for candidate in (Path(on_path) if on_path else None, cached_root() / "bin" / _BINARY):
        if candidate and candidate.is_file() and _version(candidate) == f"v{sdk_version()}":
            return candidate
    return None


def _version(binary: Path) -> str | None:
    return shell.probe(
        ["env", "PULUMI_SKIP_UPDATE_CHECK=true", binary, "version"] if os.name == "posix" else [binary, "version"]
    )
