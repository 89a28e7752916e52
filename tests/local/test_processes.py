"""Which process counts as alive, and one command at a time per cloud."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local.processes import exclusive, is_alive
from local.runtime import ROOT, OperatorError, Ports, Runtime


def test_a_running_process_is_alive() -> None:
    assert is_alive(os.getpid())


def test_a_process_that_ended_is_not() -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    assert not is_alive(process.pid)


@pytest.mark.parametrize("pid", [0, -1])
def test_an_invalid_process_id_is_not(pid: int) -> None:
    assert not is_alive(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_zombie_is_not() -> None:
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


def test_a_second_command_is_refused_with_the_process_id_of_the_first(tmp_path: Path) -> None:
    runtime = Runtime(cloud="test", folder=tmp_path, ports=Ports())
    refused = pytest.raises(OperatorError, match=f"deployment, process {os.getpid()}")
    with exclusive(runtime, "deployment"), refused, exclusive(runtime, "deployment"):
        pass


def test_locks_for_different_purposes_are_independent(tmp_path: Path) -> None:
    runtime = Runtime(cloud="test", folder=tmp_path, ports=Ports())
    with exclusive(runtime, "deployment"), exclusive(runtime, "set-up"):
        assert (tmp_path / "set-up.lock").exists()


def test_the_lock_of_a_killed_command_is_free(tmp_path: Path) -> None:
    hold = (
        "import os; from pathlib import Path\n"
        "from local.processes import exclusive; from local.runtime import Ports, Runtime\n"
        f"with exclusive(Runtime(cloud='test', folder=Path({str(tmp_path)!r}), ports=Ports()), 'deployment'):\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    killed = subprocess.run([sys.executable, "-c", hold], cwd=ROOT, check=False)
    assert killed.returncode == -9
    with exclusive(Runtime(cloud="test", folder=tmp_path, ports=Ports()), "deployment"):
        pass
