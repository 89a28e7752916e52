"""Paths and ports: the checkout, the folder and ports of one embedded cloud, the tool cache."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
SETUP_SECONDS = "PREQLY_SETUP_SECONDS"
"""Variable by which set-up hands its duration to the command that follows it."""


class OperatorError(Exception):
    """A failure that the operator can fix: the message names the cause and the fix. Exit code 1."""

    exit_code = 1


class UsageError(OperatorError):
    """A wrong command, option, environment variable or stack setting. Exit code 2."""

    exit_code = 2


@dataclass(frozen=True, kw_only=True)
class Ports:
    """TCP ports on 127.0.0.1. The environment variables in `PORT_VARIABLES` override them."""

    http: int = 8080
    https: int = 8443
    api: int = 4577
    registry: int = 5050


PORT_VARIABLES = {
    "http": "PREQLY_HTTP_PORT",
    "https": "PREQLY_HTTPS_PORT",
    "api": "PREQLY_API_PORT",
    "registry": "PREQLY_REGISTRY_PORT",
}


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """One embedded cloud. Two of them can share a machine if name, folder and ports differ."""

    cloud: str
    """Label of every Docker object. From PREQLY_CLOUD, default preqly-local."""
    folder: Path
    """Everything the cloud writes, mode 0700. From PREQLY_LOCAL_DIR, default .local-cloud in the checkout."""
    ports: Ports

    @classmethod
    def from_environment(cls) -> "Runtime":
        """Read PREQLY_* variables. Raises UsageError for an invalid port and a name that Docker refuses."""
        folder = Path(os.environ.get("PREQLY_LOCAL_DIR") or ROOT / ".local-cloud").absolute()
        ports = {name: _port(variable, getattr(Ports(), name)) for name, variable in PORT_VARIABLES.items()}
        taken = sorted(ports.values())
        if len(set(taken)) != len(taken):
            names = ", ".join(f"{PORT_VARIABLES[name]}={port}" for name, port in ports.items())
            raise UsageError(f"{names}: two of the embedded cloud's ports are the same; give each its own.")
        cloud = os.environ.get("PREQLY_CLOUD") or "preqly-local"
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}", cloud):
            raise UsageError(
                f"PREQLY_CLOUD={cloud}: Docker refuses this name. Use up to 40 letters, digits and - _ . or unset it."
            )
        return cls(cloud=cloud, folder=folder, ports=Ports(**ports))

    @property
    def logs(self) -> Path:
        """One log per background process and set-up step."""
        return self.folder / "logs"

    @property
    def in_use(self) -> bool:
        """Whether the folder holds more than logs: a cloud, or a Docker engine that set-up started."""
        return any((self.folder / name).exists() for name in ("state", "cloud", "daemon.json", "dockerd.pid"))

    def prepare(self) -> None:
        """Create the folder, readable by its owner only: it holds state, keys and the passphrase. Raises UsageError."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.folder.chmod(0o700)
            self.logs.mkdir(exist_ok=True)
        except OSError as error:
            raise UsageError(
                f"{self.folder}: the embedded cloud's folder cannot be created ({error.strerror}). Choose another: "
                "PREQLY_LOCAL_DIR=<folder>."
            ) from None


def tool_cache() -> Path:
    """The folder of what set-up downloads or builds for all checkouts: the engine, Go."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "preqly"


def write_atomically(path: Path, text: str, mode: int = 0o666) -> None:
    """Write a file in one step: a kill leaves the old content or the new. The umask narrows `mode`."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=mode)
    fresh.write_text(text)
    fresh.replace(path)


def venv_python() -> Path:
    """The interpreter of the virtual environment, which has requirements-dev.txt installed."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _port(variable: str, default: int) -> int:
    text = os.environ.get(variable) or str(default)
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise UsageError(f"{variable}={text}: not a TCP port. Set a number from 1 to 65535, or unset it for {default}.")
    return int(text)
