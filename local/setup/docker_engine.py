"""A running Docker engine: the machine's own, or Debian's, started here and stopped by `make down`."""

import os
import platform
import shutil
import signal
import subprocess
import time
from pathlib import Path

from local.processes import program_of
from local.runtime import Runtime
from local.setup import apt, shell
from local.setup.steps import Need, Reporter, SetupError

PACKAGES = ("docker.io", "iptables")
CLIENT_PACKAGE = "docker-cli"
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_GUIDES = {
    "Darwin": "Start Docker Desktop, Colima or OrbStack, then run make again.",
    "Windows": "Start Docker Desktop (or Docker in WSL 2), then run the command again.",
}


class DockerEngine:
    """`docker version` gets an answer from a server."""

    name = "docker"
    after: tuple[str, ...] = ()

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._log = runtime.logs / "setup-docker.log"

    def missing(self) -> Need | None:
        """Raises SetupError on a machine where set-up cannot start an engine."""
        if is_running():
            return None
        if shutil.which("dockerd") and _is_root():
            return Need(what="a running Docker engine", how="dockerd, in the background until make down", seconds=5)
        if platform.system() == "Linux" and _is_root() and apt.usable():
            how = f"apt-get install {' '.join(PACKAGES)}; dockerd in the background until make down"
            return Need(what="Docker engine", how=how, seconds=60)
        guide = _GUIDES.get(platform.system(), "Install and start one, and let your user reach it (group docker).")
        raise SetupError(f"No Docker engine answers. {guide}")

    def make(self, report: Reporter) -> None:
        """Install what is missing, then start it. Raises SetupError with the end of the log."""
        self._log.unlink(missing_ok=True)
        if not (shutil.which("dockerd") and shutil.which("docker")):
            report(f"installing {' '.join(PACKAGES)}")
            apt.install(PACKAGES, self._log)
        if not shutil.which("docker"):
            # Newer releases have the client in a package of its own.
            apt.install([CLIENT_PACKAGE], self._log)
        # Where an init system runs, the package has started the engine already.
        if not _wait_until_running(seconds=5):
            report("starting dockerd")
            self._start()

    def _start(self) -> None:
        log = self._runtime.logs / "dockerd.log"
        with log.open("ab") as sink:
            process = subprocess.Popen(
                ["dockerd"],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd="/",
            )
        pid_file(self._runtime).write_text(str(process.pid))
        if not _wait_until_running(seconds=_START_SECONDS, process=process):
            process.terminate()
            pid_file(self._runtime).unlink()
            raise SetupError(f"dockerd does not start:\n{shell.tail(log)}\nAll of it: {log}")


def is_running() -> bool:
    """Whether a Docker engine answers this user."""
    return bool(shell.probe(["docker", "version", "--format", "{{.Server.Version}}"]))


def pid_file(runtime: Runtime) -> Path:
    """Exists while a dockerd that set-up started may be running."""
    return runtime.folder / "dockerd.pid"


def stop_if_ours(runtime: Runtime) -> bool:
    """End the dockerd that set-up started, and no other. Returns whether there was one."""
    try:
        pid = int(pid_file(runtime).read_text())
    except (FileNotFoundError, ValueError):
        return False
    # After a restart of the machine the id may belong to another process.
    if program_of(pid) != "dockerd":
        return False
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while program_of(pid) == "dockerd" and time.monotonic() < deadline:
        time.sleep(0.2)
    return True


def _wait_until_running(*, seconds: float, process: "subprocess.Popen[bytes] | None" = None) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_running():
            return True
        if process is not None and process.poll() is not None:
            return False
        time.sleep(0.5)
    return False


def _is_root() -> bool:
    return os.name == "posix" and os.geteuid() == 0
