"""The machine's disk, and what it is where there are no loop devices."""

import subprocess
from pathlib import Path

import pytest

from local.images.machine import disk


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Programs that were run in place of mounting anything here."""
    commands: list[list[str]] = []
    monkeypatch.setattr(subprocess, "run", lambda command, **_: commands.append(command))
    for name in ("VOLUME", "TARGET"):
        monkeypatch.setattr(disk, name, tmp_path / name.lower())
        (tmp_path / name.lower()).mkdir()
    return commands


def test_it_is_a_sparse_file_of_the_size_that_is_asked_for(
    ran: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "_make_devices", lambda: None)
    for _ in range(2):
        disk.mount(3, print)
    image = tmp_path / "volume" / "disk.img"
    assert (image.stat().st_size, image.stat().st_blocks) == (3 << 30, 0)
    # Made once, mounted at every boot.
    assert [command[0] for command in ran] == ["mkfs.ext4", "mount", "mount"]


def test_without_loop_devices_it_is_the_plain_volume_and_that_is_said(
    ran: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(disk, "CONTROL", tmp_path / "missing")
    disk.mount(3, print)
    assert ran[-1] == ["mount", "--bind", str(tmp_path / "volume" / "docker"), str(tmp_path / "target")]
    assert "no limit of its own" in capsys.readouterr().out
