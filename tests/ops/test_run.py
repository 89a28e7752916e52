"""`run`, `manage`, `shell`, `psql` and `tunnel` up to where a container or AWS's plugin would do the work."""

import json
import re
import shlex
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from embedded_cloud.api.moto_patches import ecs_tasks
from ops.sessions.interactive import wrapped
from ops.sessions.shell import shell_command
from ops.tasks import run as run_module
from ops.tasks import task as one_off
from ops.tasks.in_task import python_command
from tests.ops.conftest import Ops
from tests.ops.fixtures import LOG_GROUP, DeployedStack

PASSWORD = "correct-horse"


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(one_off, "POLL_SECONDS", 0)
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture
def deployed(stack: DeployedStack) -> DeployedStack:
    """A release with the task definition for commands and a process."""
    url = f"postgres://app:{PASSWORD}@database.example:5433/site"
    stack.client("secretsmanager").put_secret_value(
        SecretId="application", SecretString=json.dumps({"DATABASE_URL": url, "OWNER_DATABASE_URL": url})
    )
    stack.deploy("one", processes=("worker",))
    return stack


def started(deployed: DeployedStack) -> list[dict[str, Any]]:
    """Tasks that `ops` has started."""
    arns = deployed.ecs.list_tasks(cluster=deployed.cluster, startedBy="ops", desiredStatus="STOPPED")["taskArns"]
    return list(deployed.ecs.describe_tasks(cluster=deployed.cluster, tasks=arns)["tasks"]) if arns else []


def end_with(monkeypatch: pytest.MonkeyPatch, code: int | None, stack: DeployedStack, *lines: str) -> None:
    """Tasks end at once with this exit code, None for a container that never ran, and with these lines in the log."""

    def end(task: Any) -> None:
        task.last_status = task.desired_status = "STOPPED"
        task.stopped_reason = "CannotStartContainerError: no such file"
        for container in task.containers:
            container.last_status = "STOPPED"
            if code is not None:
                container.exit_code = code
        logs, stream = stack.client("logs"), f"{container.name}/{container.name}/{task.id}"
        logs.create_log_stream(logGroupName=LOG_GROUP, logStreamName=stream)
        now = int(time.time() * 1000)
        events = [{"timestamp": now + number, "message": line} for number, line in enumerate(lines)]
        if events:
            logs.put_log_events(logGroupName=LOG_GROUP, logStreamName=stream, logEvents=events)

    monkeypatch.setattr(ecs_tasks, "_succeed", end)


def test_run_passes_on_output_and_exit_code_and_lifts_the_limits_of_a_request(
    ops: Ops, deployed: DeployedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_with(monkeypatch, 7, deployed, "first", "[second] line")
    ended = ops("run", "--process", "worker", "--", "python", "manage.py", "count", "--all")
    assert (ended.code, ended.out) == (7, "first\n[second] line\n"), ended.err
    (task,) = started(deployed)
    (override,) = task["overrides"]["containerOverrides"]
    assert (override["name"], override["command"]) == ("worker", ["python", "manage.py", "count", "--all"])
    assert override["environment"][0]["name"] == "PGOPTIONS"
    assert "enableExecuteCommand" not in task or not task["enableExecuteCommand"]


def test_a_command_that_never_ran_is_told_with_ecss_reason(
    ops: Ops, deployed: DeployedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_with(monkeypatch, None, deployed)
    assert "CannotStartContainerError: no such file" in ops.refused(["run", "/no/such"], 1)


def test_ctrl_c_stops_the_task_and_says_so(ops: Ops, deployed: DeployedStack, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run_module, "_follow", interrupt)
    assert "is told to stop: its command gets SIGTERM" in ops.refused(["manage", "migrate"], 130)
    (task,) = started(deployed)
    assert task["stoppedReason"] == "interrupted by the operator"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["run", "--process", "other", "x"], 2, "--process other: release 1 does not run it. It has worker"),
        (["run", "--interactive", "x"], 2, "needs a terminal"),
        (["manage", "createsuperuser"], 2, "createsuperuser asks for a password.*--noinput"),
        (["shell"], 2, "needs a terminal.*python -m ops run"),
        (["psql"], 1, "psql is not on PATH. Install PostgreSQL's client"),
        (["tunnel"], 1, "session-manager-plugin is not on PATH.*Install it: https://docs.aws.amazon.com"),
        (["tunnel", "--port", "99999"], 2, ""),
    ],
)
def test_wrong_use_and_missing_programs_start_no_task(
    ops: Ops, deployed: DeployedStack, words: list[str], code: int, said: str
) -> None:
    message = ops.refused(words, code)
    assert re.search(said, message, re.DOTALL), message
    assert started(deployed) == []


def test_a_release_of_an_earlier_version_says_what_declares_the_task_definition(ops: Ops, stack: DeployedStack) -> None:
    stack.deploy("one", process_task_definitions={})
    assert "Run `pulumi up`, which declares it" in ops.refused(["run", "x"], 1)


def with_plugin(folder: Path, version: str) -> None:
    plugin = folder / "session-manager-plugin"
    plugin.write_text(f"#!/bin/sh\necho {version}\n")
    plugin.chmod(plugin.stat().st_mode | stat.S_IXUSR)


def test_a_plugin_that_wants_the_token_on_its_command_line_is_refused(
    ops: Ops, deployed: DeployedStack, tmp_path: Path
) -> None:
    with_plugin(tmp_path, "1.2.331.0")
    assert "has version 1.2.331.0, and 1.2.497.0 is needed" in ops.refused(["tunnel"], 1)


def test_a_port_in_use_is_refused_before_a_task_starts(ops: Ops, deployed: DeployedStack, tmp_path: Path) -> None:
    with_plugin(tmp_path, "1.3.0.0")
    with socket.create_server(("127.0.0.1", 0)) as used:
        port = str(used.getsockname()[1])
        assert f"--port {port} cannot be used" in ops.refused(["tunnel", "--port", port], 2)
    assert started(deployed) == []


def test_the_tunnels_task_stops_when_it_cannot_be_used_and_holds_no_password(
    ops: Ops, deployed: DeployedStack, tmp_path: Path
) -> None:
    with_plugin(tmp_path, "1.3.0.0")
    assert "stopped before it could be used" in ops.refused(["tunnel"], 1)
    (task,) = started(deployed)
    assert (task["stoppedReason"], task["enableExecuteCommand"]) == ("the tunnel is over", True)
    text = json.dumps(task["overrides"])
    assert "database.example" in text
    assert PASSWORD not in text
    assert len(text) < 8192


@pytest.mark.parametrize(
    ("start_seconds", "script", "code"), [(20, "exit 5", 5), (20, "kill -9 $PPID", 129), (0.1, "", 124)]
)
def test_the_task_that_waits_ends_with_the_command_or_when_it_is_gone_or_never_comes(
    tmp_path: Path, start_seconds: float, script: str, code: int
) -> None:
    waiting = subprocess.Popen(_local(python_command("hold", tmp_path, start_seconds, 30)))
    if script:
        subprocess.run(shlex.split(wrapped(["/bin/sh", "-c", script], str(tmp_path))), check=False)
    assert waiting.wait(10) == code


def test_the_relay_passes_data_on_and_ends_when_nobody_connects() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_server(("127.0.0.1", 0)) as free:
        port, own = server.getsockname()[1], free.getsockname()[1]
        free.close()
        relay = subprocess.Popen(_local(python_command("relay", "127.0.0.1", port, own, 20, 1.5, 30)))
        with _connected(own) as client:
            client.sendall(b"select 1")
            there, _ = server.accept()
            with there:
                assert there.recv(100) == b"select 1"
                there.sendall(b"one row")
                assert client.recv(100) == b"one row"
            assert client.recv(100) == b""
        with _connected(own) as client:
            client.sendall(b"?")
            assert client.recv(100) == b"!"
        began = time.monotonic()
        assert relay.wait(10) == 0
        assert time.monotonic() - began > 0.5


def test_exec_gets_a_command_line_that_splits_into_the_same_words() -> None:
    assert "statement_timeout=0" in shell_command()
    assert shlex.split(wrapped(["echo", "a b", "$HOME"]))[-3:] == ["echo", "a b", "$HOME"]


def _connected(port: int) -> socket.socket:
    for _ in range(100):
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=5)
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the relay does not listen")


def _local(command: Any) -> list[str]:
    return [sys.executable, *command[1:]]
