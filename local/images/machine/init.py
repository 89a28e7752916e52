#!/usr/bin/python3
"""The first process of an embedded EC2 instance: what systemd, cloud-init and the metadata service do on a real one.

Units are read for ExecStart, Restart and RestartSec alone. Only the standard library: this runs inside the container.
"""

import json
import os
import shlex
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from pathlib import Path

from . import disk, metadata, vitals

UNITS = (Path("/etc/systemd/system"), Path("/lib/systemd/system"))
CONTROL = "/run/systemctl.sock"
INSTANCE = Path("/etc/instance/instance.json")
SEEN = Path("/var/lib/cloud/seen")
AUTHORITY = Path("/etc/instance/authority.pem")
TRUSTED = Path("/etc/ssl/certs/ca-certificates.crt")
ENABLED = Path("/var/lib/cloud/enabled")
"""A file for each unit that a restart of the machine starts again."""
CLOUD_INIT_LOG = Path("/var/log/cloud-init-output.log")
OWN: set[int] = set()
"""Processes that a thread of this one waits for."""


class Service(threading.Thread):
    """One unit that was started: runs its command again whenever it ends, until stopped."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.unit = name
        self.settings = read_unit(name)
        self.stopping = threading.Event()
        self.process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        while not self.stopping.is_set():
            self.process = subprocess.Popen(shlex.split(self.settings["ExecStart"]), start_new_session=True)
            OWN.add(self.process.pid)
            code = self.process.wait()
            say(f"{self.unit}: ended with {code}")
            if self.settings.get("Restart") not in ("always", "on-failure"):
                return
            self.stopping.wait(float(self.settings.get("RestartSec", "1").rstrip("s")))

    def stop(self) -> None:
        """End it, with SIGTERM first."""
        self.stopping.set()
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()


def read_unit(name: str) -> dict[str, str]:
    """The last value of each setting. Raises FileNotFoundError for a unit that is not there."""
    path = next((folder / name for folder in UNITS if (folder / name).exists()), None)
    if path is None:
        raise FileNotFoundError(f"Unit {name} could not be found.")
    pairs = (line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)
    return {key.strip(): value.strip() for key, value in pairs}


class Manager:
    """The services of this machine, and what `systemctl` asks of them."""

    def __init__(self) -> None:
        self._services: dict[str, Service] = {}
        self._lock = threading.Lock()

    def ask(self, words: list[str]) -> str:
        """Do what systemctl's command line says; the answer is empty when it worked."""
        now = "--now" in words
        words = [word for word in words if not word.startswith("-")]
        command, names = words[0], [name if "." in name else f"{name}.service" for name in words[1:]]
        if command == "poweroff":
            os.kill(os.getpid(), signal.SIGTERM)
        with self._lock:
            for name in names:
                try:
                    self._one(command, name, now=now)
                except FileNotFoundError as error:
                    return str(error)
        return ""

    def _one(self, command: str, name: str, *, now: bool) -> None:
        ends = command in ("stop", "restart") or (command == "disable" and now)
        if command in ("enable", "disable"):
            remember(name, enabled=command == "enable")
        begins = command in ("start", "restart") or (command == "enable" and now)
        if ends and (service := self._services.pop(name, None)):
            service.stop()
        if begins:
            read_unit(name)
            if name not in self._services:
                self._services[name] = Service(name)
                self._services[name].start()


def remember(unit: str, *, enabled: bool) -> None:
    """Whether a restart of the machine starts it."""
    ENABLED.mkdir(parents=True, exist_ok=True)
    if enabled:
        (ENABLED / unit).touch()
    else:
        (ENABLED / unit).unlink(missing_ok=True)


def start_enabled(manager: Manager) -> None:
    """After a restart of the machine: what was enabled before, the units enabled first before the others."""
    if SEEN.exists() and ENABLED.exists():
        names = sorted(ENABLED.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        manager.ask(["start", *(path.name for path in names)])


def listen(manager: Manager) -> None:
    """Answer `systemctl` from a thread of its own."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(manager.ask(json.loads(self.rfile.readline())).encode())

    server = socketserver.ThreadingUnixStreamServer(CONTROL, Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def forward(port: int, target: tuple[str, int]) -> None:
    """Connections to a local port go to another machine: ECR's addresses name the registry as localhost."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection(target) as there:
                back = threading.Thread(target=pour, args=(there, self.request), daemon=True)
                back.start()
                pour(self.request, there)
                back.join()

    socketserver.ThreadingTCPServer.allow_reuse_address = True
    server = socketserver.ThreadingTCPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()


def pour(source: socket.socket, sink: socket.socket) -> None:
    """Everything one side says, then its end."""
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


def run_user_data() -> None:
    """Once per instance, as cloud-init does."""
    if SEEN.exists():
        return
    script = Path("/var/lib/cloud/user-data")
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(json.loads(INSTANCE.read_text())["user_data"])
    script.chmod(0o700)
    process = subprocess.Popen([str(script)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    OWN.add(process.pid)
    with CLOUD_INIT_LOG.open("a") as log:
        for line in process.stdout or ():
            log.write(line)
            log.flush()
            # What cloud-init says is on the console too.
            say(line.rstrip())
    say(f"user data ended with {process.wait()}")
    SEEN.touch()


def trust(authority: Path, bundle: Path) -> None:
    """The embedded cloud's ACME server is believed as Let's Encrypt's is on a real machine."""
    own, trusted = authority.read_text(), bundle.read_text()
    if own not in trusted:
        bundle.write_text(f"{trusted}\n{own}")


def say(line: str) -> None:
    """To the container's output."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Boot, then wait for the end."""
    for path in ("/proc/sys", "/sys"):
        # Docker gives them read-only; the engine inside writes there.
        subprocess.run(["mount", "-o", "remount,rw", path], check=True)
    instance = json.loads(INSTANCE.read_text())
    vitals.answer_status_checks()
    vitals.show_own_memory()
    disk.mount(instance["disk_gb"], say)
    trust(AUTHORITY, TRUSTED)
    metadata.serve(INSTANCE)
    if registry := instance.get("registry"):
        forward(registry["port"], (registry["host"], 5000))
    manager = Manager()
    listen(manager)
    start_enabled(manager)
    threading.Thread(target=run_user_data, daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while True:
        collect_orphans()
        time.sleep(1)


def collect_orphans() -> None:
    """Orphans of every process come to the first one. Its own children are waited for where they were started."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            pid = int(stat.parent.name)
            if (state, parent) == ("Z", "1") and pid not in OWN:
                os.waitpid(pid, os.WNOHANG)
        except (OSError, ValueError):
            continue


if __name__ == "__main__":
    main()
