"""The containers of a slot, through compose."""

import json
import subprocess
import time
from collections.abc import Sequence

from . import credentials, diagnosis, shell
from .errors import MachineError
from .machine import Machine
from .release import Release
from .slots import Slot

HEALTHY_SECONDS = 120
DRAIN_SECONDS = 10
"""As long as the load balancer of the other kind of hosting waits for a target's open connections."""
STOP_SECONDS = DRAIN_SECONDS + 5
"""A request that came on an open connection as the drain ended has as long again, by nginx's own clock."""
LINGER_SECONDS = 3
"""How long a slot keeps its network when nothing runs in it any more: the kernel delivers what nginx wrote last, and
refuses what comes late, where without a network both would be lost and the visitor would wait."""
_ESTABLISHED = "01"
_PROXY_PORTS = {f"{port:04X}" for port in (8080, 8443)}


class SlotContainers:
    """What runs in one slot."""

    def __init__(self, machine: Machine, slot: Slot) -> None:
        self.slot, self._machine = slot, machine
        self.folder = machine.memory / slot.name
        self._file = self.folder / "compose.json"
        self._began: float | None = None
        self._to_blame = ""

    @property
    def release(self) -> str:
        """Key of the release that was put here last; empty when none was since the machine started."""
        try:
            return (self.folder / "release").read_text()
        except OSError:
            return ""

    @property
    def secrets(self) -> str:
        """Folder that holds a folder of secrets for each container."""
        return str(self.folder / "secrets")

    def write(self, release: Release, key: str) -> None:
        """The slot's compose document, and whose it is."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o711)
        self._file.write_text(json.dumps(release.compose))
        (self.folder / "release").write_text(key)

    def run_once(self, command: Sequence[str], what: str, seconds: float) -> str:
        """Standard output of a command in a container `migrate` of its own. Raises MachineError with its last lines."""
        done = self._compose("run", "--rm", "--no-TTY", "--quiet-pull", "migrate", *command, seconds=seconds)
        if done.returncode == 124:
            # Only compose was ended, not what it started.
            self._remove(("label=com.docker.compose.oneoff=True",))
        if done.returncode != 0:
            why = f"did not end in {seconds:.0f} s" if done.returncode == 124 else f"exit code {done.returncode}"
            raise MachineError(shell.failure(what, why, (done.stdout + done.stderr).splitlines()))
        return done.stdout

    def start(self) -> None:
        """Start all containers anew and wait until each is healthy. Raises MachineError."""
        self._began = time.time()
        done = self._compose(
            *("up", "--detach", "--force-recreate", "--remove-orphans"),
            *("--wait", "--wait-timeout", str(HEALTHY_SECONDS)),
            seconds=HEALTHY_SECONDS + 60,
        )
        if done.returncode != 0:
            cause = diagnosis.cause(self.slot.project, self._began, " ".join(done.stderr.splitlines()[-1:]).strip())
            self._to_blame = cause.container
            raise MachineError(cause.words)

    def stop(self) -> None:
        """Let open connections end, for DRAIN_SECONDS at most, then stop and remove the containers."""
        if self._file.exists():
            deadline = time.monotonic() + DRAIN_SECONDS
            while self._open_connections() and time.monotonic() < deadline:
                time.sleep(0.5)
            self._compose("stop", "--timeout", str(STOP_SECONDS), *self._serving(), seconds=120)
            time.sleep(LINGER_SECONDS)
            self._compose("down", "--remove-orphans", "--timeout", str(STOP_SECONDS), seconds=120)
        self.remove()

    def remove(self) -> None:
        """Whatever is left in the slot, at once: of a machine that restarted, of a deploy that was cut off."""
        self._remove(())

    def reload_proxy(self) -> None:
        """Let nginx read its certificate again; connections go on."""
        command = ("nginx", "-c", "/etc/nginx/preqly/nginx.conf", "-s", "reload")
        done = self._compose("exec", "--no-TTY", "proxy", *command, seconds=30)
        if done.returncode != 0:
            raise MachineError(shell.failure("nginx's reload", f"exit code {done.returncode}", [done.stderr]))

    def failure(self, what: str) -> str:
        """A message with the state and last lines of every container, and which one ended since they were started."""
        if self._began and not self._to_blame:
            # It was healthy once: a slow leak, a crash at the first request.
            ended = diagnosis.ended(self.slot.project, self._began)
            if ended:
                self._to_blame, what = ended.container, f"{ended.words}. {what}"
        states = self._compose("ps", "--all", "--format", "{{.Service}}: {{.Status}}", seconds=30).stdout.splitlines()
        # Those of the one to blame alone: the proxy has little to say about a crash behind it, and much of it.
        words = ("logs", "--no-color", "--tail", "15", *([self._to_blame] if self._to_blame else []))
        lines = self._compose(*words, seconds=30).stdout.splitlines()
        return shell.failure(what, "; ".join(states), lines)

    def _serving(self) -> list[str]:
        """The services that share the slot's network, without the one that holds it."""
        services = json.loads(self._file.read_text())["services"]
        return [name for name, service in services.items() if "network_mode" in service]

    def _remove(self, filters: Sequence[str]) -> None:
        chosen = (f"label=com.docker.compose.project={self.slot.project}", *filters)
        found = shell.attempt(
            *("docker", "ps", "--all", "--quiet"), *(word for one in chosen for word in ("--filter", one))
        ).stdout.split()
        if found:
            shell.attempt("docker", "rm", "--force", "--volumes", *found)

    def _open_connections(self) -> bool:
        done = self._compose("exec", "--no-TTY", "network", "cat", "/proc/net/tcp", seconds=10)
        rows = [line.split() for line in done.stdout.splitlines()[1:]]
        return any(row[1].rpartition(":")[2] in _PROXY_PORTS and row[3] == _ESTABLISHED for row in rows if len(row) > 3)

    def _compose(self, *words: str, seconds: float) -> "subprocess.CompletedProcess[str]":
        return shell.attempt(
            *(
                "docker",
                "compose",
                "--ansi",
                "never",
                "--project-name",
                self.slot.project,
                "--file",
                str(self._file),
                *words,
            ),
            environment={
                "SLOT_ADDRESS": self.slot.address,
                "SLOT_SECRETS": self.secrets,
                "SLOT_CREDENTIALS": credentials.serving_path(self._machine),
                "SLOT_PREPARATION": credentials.preparation_path(self._machine),
                "SLOT_STREAM": f"{self.slot.name}-{self.folder.stat().st_mtime_ns:x}",
            },
            timeout_seconds=seconds,
        )
