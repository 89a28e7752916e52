"""Packages are installed on a machine where an earlier installation was killed."""

from pathlib import Path

import pytest

from local.setup import apt, shell
from local.setup.steps import SetupError

APT_GET = """#!/bin/sh
echo "apt-get $*" >> {calls}
case "$*" in *install*) if [ ! -e {configured} ]; then echo "{reason}"; exit 100; fi ;; esac
"""
DPKG = """#!/bin/sh
echo "dpkg $*" >> {calls}
touch {configured}
"""


def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: str) -> list[str]:
    """Install a package with an apt-get that fails for this reason until dpkg has run; returns what was called."""
    (tmp_path / "bin").mkdir()
    names = {"calls": tmp_path / "calls", "configured": tmp_path / "configured", "reason": reason}
    for name, text in (("apt-get", APT_GET), ("dpkg", DPKG)):
        (tmp_path / "bin" / name).write_text(text.format(**names))
        (tmp_path / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    monkeypatch.setattr(shell, "as_root", list)
    monkeypatch.setattr(apt, "_updated", [True])
    try:
        apt.install(["films"], tmp_path / "log")
    finally:
        calls = (tmp_path / "calls").read_text().splitlines()
    return [line.split(" -", 1)[0] if line.startswith("dpkg") else line.rpartition(" ")[2] for line in calls]


def test_an_installation_that_was_killed_is_ended_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reason = "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem."
    assert installed(tmp_path, monkeypatch, reason) == ["films", "dpkg", "films"]


def test_another_failure_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SetupError, match="Unable to locate package films"):
        installed(tmp_path, monkeypatch, "E: Unable to locate package films")
    assert not (tmp_path / "configured").exists()
