"""Who counts as alive."""

import os
import signal
import subprocess
import sys
import time

import pytest

from local.processes import is_alive


def test_a_running_process_is_alive() -> None:
    assert is_alive(os.getpid())


def test_a_process_that_ended_is_not() -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    assert not is_alive(process.pid)


@pytest.mark.parametrize("pid", [0, -1])
def test_what_is_no_process_number_is_not(pid: int) -> None:
    assert not is_alive(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_that_nobody_collects_is_not() -> None:
    """The child of a parent that never waits, as after a killed command in a container."""
    careless = "import subprocess, time; print(subprocess.Popen(['true']).pid, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", careless], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        deadline = time.monotonic() + 10
        while is_alive(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        alive = is_alive(pid)
        parent.send_signal(signal.SIGKILL)
    assert not alive
