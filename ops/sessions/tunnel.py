"""A port on this machine that leads to a database, through a task that exists for it."""

import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import boto3

from infra.release.reporting import Reporter
from ops.errors import OpsError, UsageError
from ops.sessions.plugin import find_plugin, invocation
from ops.sessions.terminal import Place
from ops.stack import Stack
from ops.tasks.in_task import python_command
from ops.tasks.task import START_SECONDS, command_task, started

RELAY_PORT = 15432
"""In the task, where nothing else listens."""
HEARTBEAT_SECONDS = 20
QUIET_SECONDS = 90
"""The task ends so long after the last sign of this machine: also when this process was killed."""
LONGEST_SECONDS = 8 * 3600
OPEN_SECONDS, PAUSE_SECONDS = 30, 0.5


@dataclass(frozen=True)
class Tunnel:
    """An open tunnel."""

    port: int
    """On 127.0.0.1."""
    process: "subprocess.Popen[str]"

    def wait(self) -> None:
        """Return when the session has ended."""
        self.process.wait()


@contextmanager
def open_tunnel(stack: Stack, host: str, port: int, *, report: Reporter, local_port: int = 0) -> Iterator[int]:
    """The port of this machine that leads to `port` of `host`, which the site's tasks can reach.

    Its task is stopped at the end. Raises OpsError when it cannot be opened, UsageError for a port in use.
    """
    with tunnel(stack, host, port, report=report, local_port=local_port) as opened:
        yield opened.port


@contextmanager
def tunnel(stack: Stack, host: str, port: int, *, report: Reporter, local_port: int = 0) -> Iterator[Tunnel]:
    """As `open_tunnel`, with the means to wait for its end."""
    plugin = find_plugin()
    _refuse_used(local_port)
    relay = python_command("relay", host, port, RELAY_PORT, START_SECONDS, QUIET_SECONDS, LONGEST_SECONDS)
    task = replace(command_task(stack, relay, what="the tunnel"), execute_command=True)
    with started(stack, task, report) as running:
        runtime_id = running.wait_for_exec()
        place = Place(cluster=running.cluster, task=running.arn, container=running.container, runtime_id=runtime_id)
        with _forwarded(stack.session, place, plugin, local_port) as opened, _heartbeats(opened.port):
            yield opened


@contextmanager
def _forwarded(session: boto3.Session, place: Place, plugin: str, local_port: int) -> Iterator[Tunnel]:
    ssm: Any = session.client("ssm")
    answer = ssm.start_session(
        Target=place.target,
        DocumentName="AWS-StartPortForwardingSession",
        Parameters={"portNumber": [str(RELAY_PORT)], "localPortNumber": [str(local_port)]},
    )
    token = {name: answer[name] for name in ("SessionId", "StreamUrl", "TokenValue")}
    command, environment = invocation(plugin, session, token, place.target)
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # Ctrl-C in psql cancels a query; it must not end the tunnel.
        start_new_session=True,
    )
    try:
        yield Tunnel(_opened_port(process), process)
    finally:
        process.terminate()
        process.wait()
        with suppress(ssm.exceptions.ClientError):
            ssm.terminate_session(SessionId=answer["SessionId"])


def _opened_port(process: "subprocess.Popen[str]") -> int:
    """The port that the plugin names. Raises OpsError with its output when it opens none."""
    printed: list[str] = []
    found = threading.Event()

    def read() -> None:
        for line in process.stdout or ():
            printed.append(line)
            if "opened for sessionId" in line:
                found.set()
        found.set()

    threading.Thread(target=read, daemon=True).start()
    found.wait(OPEN_SECONDS)
    for line in list(printed):
        if match := re.search(r"Port (\d+) opened", line):
            return int(match[1])
    raise OpsError("\n".join(["The Session Manager plugin opened no port:", *(one.strip() for one in printed)]))


@contextmanager
def _heartbeats(port: int) -> Iterator[None]:
    """Wait for the relay, and ask it now and then, which tells it that this machine is there. Raises OpsError."""
    deadline = time.monotonic() + OPEN_SECONDS
    while not _answers(port):
        if time.monotonic() > deadline:
            raise OpsError("The tunnel is open, but its task does not answer. Start it again.")
        time.sleep(PAUSE_SECONDS)
    over = threading.Event()

    def beat() -> None:
        while not over.wait(HEARTBEAT_SECONDS):
            _answers(port)

    threading.Thread(target=beat, name="heartbeats", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _answers(port: int) -> bool:
    """Whether the relay does (ops/tasks/in_task/relay.py)."""
    try:
        with socket.create_connection(("localhost", port), timeout=5) as connection:
            connection.sendall(b"?")
            return connection.recv(1) == b"!"
    except OSError:
        return False


def _refuse_used(port: int) -> None:
    try:
        with socket.create_server(("127.0.0.1", port)):
            return
    except OSError as error:
        raise UsageError(f"--port {port} cannot be used: {error.strerror}. Give another, or none.") from None
