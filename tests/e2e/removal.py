"""The end of a checkout's stack, on either kind of hosting."""

import json
import subprocess

from local import daemon
from tests.e2e.checkout import Checkout
from tests.e2e.containers import left_behind
from tests.e2e.inventory import inventory, unknown_to


def leaves_nothing(checkout: Checkout) -> None:
    """`down`: no container, volume, network, process or file stays."""
    result = checkout.run("down")
    assert result.returncode == 0, result.stderr
    assert "could not destroy" not in result.stderr, "the engine did not destroy the stack"
    assert left_behind(checkout) == []
    assert not checkout.runtime.folder.exists()
    assert daemon.find(checkout.runtime) is None
    assert untracked(checkout) - {".venv", "0003_note.py"} == set(), "more than what the tests put there"


def strangers(checkout: Checkout) -> set[str]:
    """What the account holds that is in no state: of AWS itself, of the embedded cloud, or forgotten."""
    exported = checkout.shell("pulumi stack export")
    assert exported.returncode == 0, exported.stderr
    return unknown_to(json.loads(exported.stdout)["deployment"], inventory(checkout.aws))


def untracked(checkout: Checkout) -> set[str]:
    """Names of the files that are not git's."""
    said = subprocess.run(
        ["git", "status", "--porcelain"], cwd=checkout.folder, capture_output=True, text=True, check=True
    ).stdout
    return {line[3:].rpartition("/")[2] for line in said.splitlines() if line.startswith("??")}
