"""The commands find, start and stop the background process."""

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from embedded_cloud.config import PACKET_FILTER_VARIABLE
from local import daemon
from local.runtime import OperatorError, Ports, Runtime


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def runtime_of(folder: Path, api: int) -> Runtime:
    runtime = Runtime(cloud="test", folder=folder, ports=Ports(api=api))
    runtime.prepare()
    return runtime


def record(runtime: Runtime, pid: int) -> None:
    content = {"pid": pid, "api": f"http://127.0.0.1:{runtime.ports.api}", "providers": {"aws": 7}, "source": "old"}
    daemon.record_file(runtime).write_text(json.dumps(content))


def test_a_running_cloud_is_found(tmp_path: Path, taken_port: int) -> None:
    runtime = runtime_of(tmp_path, taken_port)
    record(runtime, os.getpid())
    found = daemon.find(runtime)
    assert found is not None
    assert found.debug_providers() == "aws:7"


def test_the_record_of_a_killed_process_does_not_count(tmp_path: Path, taken_port: int) -> None:
    runtime = runtime_of(tmp_path, taken_port)
    with subprocess.Popen(["true"]) as process:
        process.wait()
    record(runtime, process.pid)
    assert daemon.find(runtime) is None


def test_a_taken_port_is_named_with_the_variable_that_changes_it(tmp_path: Path, taken_port: int) -> None:
    with pytest.raises(OperatorError, match=f"Port {taken_port} is taken.*PREQLY_API_PORT=<port> make up"):
        daemon.ensure(runtime_of(tmp_path, taken_port))


def test_stopping_ends_the_process_and_removes_its_record(tmp_path: Path) -> None:
    runtime = runtime_of(tmp_path, 1)
    with subprocess.Popen(["sleep", "60"]) as process:
        record(runtime, process.pid)
        daemon.stop(runtime)
        assert process.poll() is not None
    assert not daemon.record_file(runtime).exists()


def test_stopping_twice_is_safe(tmp_path: Path) -> None:
    runtime = runtime_of(tmp_path, 1)
    daemon.stop(runtime)
    daemon.stop(runtime)


def test_another_setting_of_the_packet_filter_restarts_the_cloud(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken_port: int
) -> None:
    runtime = runtime_of(tmp_path, taken_port)
    stopped: list[Runtime] = []
    monkeypatch.setattr(daemon, "stop", stopped.append)
    for running, wanted in ((True, "on"), (True, "off"), (False, "off"), (False, "on")):
        endpoints = {"api": f"http://127.0.0.1:{taken_port}", "providers": {}}
        content = {**endpoints, "pid": os.getpid(), "source": daemon.source_digest(), "packet_filter": running}
        daemon.record_file(runtime).write_text(json.dumps(content))
        monkeypatch.setenv(PACKET_FILTER_VARIABLE, wanted)
        stopped.clear()
        # The port of the running cloud is taken, so it cannot start again here.
        with suppress(OperatorError):
            daemon.ensure(runtime)
        assert bool(stopped) is (running is not (wanted == "on"))
        assert daemon.filters_packets(runtime) is running


def test_a_wrong_setting_of_the_packet_filter_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PACKET_FILTER_VARIABLE, "maybe")
    with pytest.raises(OperatorError, match=f"{PACKET_FILTER_VARIABLE}=maybe: set it to on or off"):
        daemon.ensure(runtime_of(tmp_path, 1))
