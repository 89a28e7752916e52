"""AWS's Session Manager plugin for ECS Exec and port forwarding: on PATH, or built from its Go module."""

import os
import shutil
import tempfile
from pathlib import Path

from local.runtime import Runtime, tool_cache
from local.setup import go, shell
from local.setup.steps import Need, Reporter, SetupError

NAME = "session-manager-plugin"
VERSION = "1.3.0"
"""Of the commit that plugin/go.mod pins: AWS's tags are no versions of a Go module."""
_MODULE = Path(__file__).parent / "plugin"
_COMMAND = "github.com/aws/session-manager-plugin/src/sessionmanagerplugin-main"
_BINARY = f"{NAME}.exe" if os.name == "nt" else NAME


class SessionManagerPlugin:
    """A `session-manager-plugin` on PATH or in the tool cache."""

    name = "plugin"
    after = ("venv",)

    def __init__(self, runtime: Runtime) -> None:
        self._log = runtime.logs / "setup-plugin.log"

    def missing(self) -> Need | None:
        """Looks for the binary."""
        if shutil.which(NAME) or (folder() / _BINARY).exists():
            return None
        return Need(what=f"AWS's Session Manager plugin {VERSION}", how="built from its Go module", seconds=80)

    def make(self, report: Reporter) -> None:
        """Build it. A failure is reported and no error: only `ops shell`, `psql` and `tunnel` need the plugin."""
        self._log.unlink(missing_ok=True)
        report("building from its Go module")
        try:
            self._build()
        except SetupError as error:
            report(f"not built, and `python -m ops shell` will say how to install it: {error}")

    def _build(self) -> None:
        compiler = go.find_or_install(self._log)
        folder().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=tool_cache()) as build:
            module = shutil.copytree(_MODULE, Path(build) / "module")
            built = Path(build) / _BINARY
            command = [compiler, "build", "-ldflags", "-s -w", "-o", built, _COMMAND]
            shell.run(command, self._log, cwd=module, env={"GOTOOLCHAIN": "local"})
            built.replace(folder() / _BINARY)


def folder() -> Path:
    """Where the tool cache keeps the plugin."""
    return tool_cache() / f"{NAME}-{VERSION}"
