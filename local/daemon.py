"""The embedded cloud's background process, seen from the commands: start it, find it, stop it."""

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from local.endpoints import Endpoints
from local.runtime import PORT_VARIABLES, ROOT, OperatorError, Runtime
from local.setup import shell

_START_SECONDS = 60.0
_STOP_SECONDS = 30.0


def ensure(runtime: Runtime) -> Endpoints:
    """The endpoints of the running cloud; starts it when it is absent, and again when its source has changed.

    Raises OperatorError: a port is taken, or the process ended (with the end of its log)."""
    found = find(runtime)
    if found is not None and _record(runtime).get("source") == source_digest():
        return found
    stop(runtime)
    _refuse_taken_ports(runtime)
    log = log_file(runtime)
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "local.daemon_process"],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
            cwd=ROOT,
        )
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if (found := find(runtime)) is not None:
            return found
        time.sleep(0.1)
    if process.poll() is None:
        process.kill()
    raise OperatorError(f"The embedded cloud does not start:\n{shell.tail(log)}\nAll of it: {log}")


def find(runtime: Runtime) -> Endpoints | None:
    """The running cloud, or None. A record left by a killed process does not count."""
    record = _record(runtime)
    if not record or not is_alive(int(record["pid"])):
        return None
    with suppress(OSError), socket.create_connection(("127.0.0.1", runtime.ports.api), timeout=2):
        return Endpoints(api=record["api"], providers=record["providers"])
    return None


def stop(runtime: Runtime) -> None:
    """End the background process, if there is one: politely, then for good."""
    record = _record(runtime)
    pid = int(record.get("pid", 0))
    if pid and is_alive(pid):
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while is_alive(pid) and time.monotonic() < deadline:
            time.sleep(0.1)
        if is_alive(pid):
            os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    record_file(runtime).unlink(missing_ok=True)


def record_file(runtime: Runtime) -> Path:
    """Written by the background process once everything answers."""
    return runtime.folder / "daemon.json"


def log_file(runtime: Runtime) -> Path:
    """What the embedded cloud says."""
    return runtime.logs / "cloud.log"


def source_digest() -> str:
    """Changes with the embedded cloud's own code, so that a new version never talks to an old process."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "local").rglob("*.py")):
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()


def is_alive(pid: int) -> bool:
    """Whether a process of that number runs (one that has ended and waits for its parent does not)."""
    with suppress(ChildProcessError):
        # Reaps it if it is a child of this process; otherwise there is nothing to reap.
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _record(runtime: Runtime) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(record_file(runtime).read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return record


def _refuse_taken_ports(runtime: Runtime) -> None:
    """Docker publishes http, https and registry: an old container of ours may hold them, and is taken over."""
    taken = []
    for name in ("api",):
        port = getattr(runtime.ports, name)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                taken.append(
                    f"Port {port} is taken by another program. Stop it, or choose another port: "
                    f"{PORT_VARIABLES[name]}=<port> make up"
                )
    if taken:
        raise OperatorError("\n".join(taken))
