"""The end of a stack: nothing of it remains."""

import subprocess

import pytest

from local import daemon
from tests.e2e.checkout import Checkout
from tests.e2e.running import left_behind

pytestmark = pytest.mark.containers


def test_down_leaves_nothing(checkout: Checkout) -> None:
    result = checkout.run("down")
    assert result.returncode == 0, result.stderr
    assert "could not destroy" not in result.stderr, "the engine destroys the stack"
    assert left_behind(checkout) == []
    assert not checkout.runtime.folder.exists()
    assert daemon.find(checkout.runtime) is None
    assert untracked(checkout) <= {".venv"}


def untracked(checkout: Checkout) -> set[str]:
    status = ["git", "status", "--porcelain"]
    lines = subprocess.run(status, cwd=checkout.folder, capture_output=True, text=True, check=True).stdout.splitlines()
    return {line[3:].rpartition("/")[2] for line in lines if line.startswith("??")}
