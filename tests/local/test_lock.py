"""Two commands never work on one cloud at the same time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.lock import only_one
from local.runtime import ROOT, OperatorError, Ports, Runtime


def test_a_second_command_is_refused_with_the_first_ones_number(tmp_path: Path) -> None:
    runtime = Runtime(cloud="test", folder=tmp_path, ports=Ports())
    refused = pytest.raises(OperatorError, match=f"deployment, process {os.getpid()}")
    with only_one(runtime, "deployment"), refused, only_one(runtime, "deployment"):
        pass


def test_different_purposes_do_not_disturb_each_other(tmp_path: Path) -> None:
    runtime = Runtime(cloud="test", folder=tmp_path, ports=Ports())
    with only_one(runtime, "deployment"), only_one(runtime, "set-up"):
        assert (tmp_path / "set-up.lock").exists()


def test_a_killed_command_holds_nobody_up(tmp_path: Path) -> None:
    hold = (
        "import os; from pathlib import Path\n"
        "from local.lock import only_one; from local.runtime import Ports, Runtime\n"
        f"with only_one(Runtime(cloud='test', folder=Path({str(tmp_path)!r}), ports=Ports()), 'deployment'):\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    killed = subprocess.run([sys.executable, "-c", hold], cwd=ROOT, check=False)
    assert killed.returncode == -9
    with only_one(Runtime(cloud="test", folder=tmp_path, ports=Ports()), "deployment"):
        pass
