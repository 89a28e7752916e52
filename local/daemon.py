"""The embedded cloud's background process, seen from the commands: start it, find it, stop it."""

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

import embedded_cloud
from embedded_cloud.config import LABEL, packet_filter_from_environment
from embedded_cloud.endpoints import Endpoints
from local.processes import is_alive
from local.runtime import PORT_VARIABLES, ROOT, OperatorError, Runtime
from local.setup import shell

SOURCES = (ROOT / "local", Path(embedded_cloud.__file__).parent)
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0


def ensure(runtime: Runtime) -> Endpoints:
    """Start the cloud if it does not run, restart it if its source or packet filter has changed, return its endpoints.

    Raises OperatorError: a port is taken, or the process ended (with the end of its log)."""
    found = find(runtime)
    wanted = {"source": source_digest(), "packet_filter": _packet_filter()}
    if found is not None and wanted.items() <= _record(runtime).items():
        return found
    stop(runtime)
    _refuse_taken_ports(runtime)
    process = _spawn(runtime, [], stdin=subprocess.DEVNULL)
    return _wait(runtime, process)


@contextmanager
def for_a_plan(runtime: Runtime) -> Iterator[Endpoints]:
    """A cloud without containers that ends with the block or with this process. Raises OperatorError.

    It is a process of its own, so that it loads Pulumi's AWS SDK at the same time as the program does."""
    runtime.prepare()
    process = _spawn(runtime, ["--plan"], stdin=subprocess.PIPE)
    try:
        yield _wait(runtime, process)
    finally:
        try:
            process.communicate(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            # Nothing in it has to be saved.
            process.kill()
            process.wait()


def _spawn(runtime: Runtime, words: list[str], stdin: int) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "PREQLY_CLOUD": runtime.cloud, "PREQLY_LOCAL_DIR": str(runtime.folder)}
    with log_file(runtime).open("ab") as sink:
        return subprocess.Popen(
            [sys.executable, "-m", "local.daemon_process", *words],
            stdin=stdin,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
            cwd=ROOT,
            env=environment,
        )


def _wait(runtime: Runtime, process: "subprocess.Popen[bytes]") -> Endpoints:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if (found := find(runtime)) is not None:
            return found
        time.sleep(0.05)
    if process.poll() is None:
        process.kill()
    log = log_file(runtime)
    raise OperatorError(f"The embedded cloud does not start:\n{shell.tail(log)}\nAll of it: {log}")


def find(runtime: Runtime) -> Endpoints | None:
    """The endpoints of the running cloud, or None. A record left by a killed process does not count."""
    record = _record(runtime)
    if not record or not is_alive(int(record["pid"])):
        return None
    port = urllib.parse.urlsplit(record["api"]).port
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2):
        return Endpoints(**{one.name: record[one.name] for one in fields(Endpoints) if one.name in record})
    return None


def stop(runtime: Runtime) -> None:
    """End the background process, if there is one: SIGTERM, then SIGKILL after 30 s."""
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
    """Endpoints, process id and source digest; written by the background process once every port answers."""
    return runtime.folder / "daemon.json"


def chosen_images(runtime: Runtime) -> dict[str, str]:
    """Image of each role that set-up chose: the official one, or its stand-in."""
    chosen: dict[str, str] = json.loads((runtime.folder / "images.json").read_text())
    return chosen


def log_file(runtime: Runtime) -> Path:
    """The embedded cloud's log."""
    return runtime.logs / "cloud.log"


def source_digest() -> str:
    """A hash of the embedded cloud's code, so that commands never talk to a process of an earlier version."""
    digest = hashlib.sha256()
    for folder in SOURCES:
        files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        for path in sorted(files):
            digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return digest.hexdigest()


def filters_packets(runtime: Runtime) -> bool:
    """Whether security groups filter packets in the running cloud."""
    return bool(_record(runtime).get("packet_filter"))


def _packet_filter() -> bool:
    try:
        return packet_filter_from_environment(os.environ)
    except ValueError as error:
        raise OperatorError(str(error)) from None


def _record(runtime: Runtime) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(record_file(runtime).read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return record


def _refuse_taken_ports(runtime: Runtime) -> None:
    """Ports that containers of this cloud publish do not count: the new process takes the containers over."""
    filters = ["--filter", f"label={LABEL}={runtime.cloud}", "--format", "{{.Ports}}"]
    ours = shell.probe(["docker", "ps", *filters]) or ""
    taken = [
        f"Port {port} is taken by another program. Stop it, or choose another: {variable}=<port> make up"
        for name, variable in PORT_VARIABLES.items()
        if f":{(port := getattr(runtime.ports, name))}->" not in ours and _is_taken(port)
    ]
    if taken:
        raise OperatorError("\n".join(taken))


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        # Servers set it too: a connection that is still closing is no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
