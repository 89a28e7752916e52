"""What is left of everything that the other tests have done: nothing."""

import shutil
import subprocess

import pytest

from local import daemon
from tests.e2e.checkout import CLOUD, Checkout

pytestmark = pytest.mark.containers


def test_down_leaves_nothing(checkout: Checkout) -> None:
    result = checkout.run("down")
    assert result.returncode == 0, result.stderr
    assert " deleted in " in result.stderr, "the engine did not destroy the stack"
    for kind in ("container", "volume", "network"):
        everything = ["--all"] if kind == "container" else []
        listed = subprocess.run(
            ["docker", kind, "ls", "-q", *everything, "--filter", f"label=preqly.cloud={CLOUD}"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert listed.stdout == "", kind
    assert not checkout.runtime.folder.exists()
    assert daemon.find(checkout.runtime) is None
    assert shutil.which("git") is not None
    untracked = subprocess.run(
        ["git", "status", "--porcelain"], cwd=checkout.folder, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    left = {line.rpartition("/")[2] for line in untracked if line.startswith("??")}
    assert left - {"?? .venv", "0003_note.py"} == set(), "more than what the tests put there"
