"""What an embedded instance does before its user data runs."""

import os
import signal
from pathlib import Path

import pytest

from local.images.machine import init
from local.images.machine.init import Manager, trust


def test_the_clouds_authority_is_trusted_beside_the_others_however_often_the_machine_starts(tmp_path: Path) -> None:
    authority, bundle = tmp_path / "authority.pem", tmp_path / "bundle.crt"
    authority.write_text("the cloud's own\n")
    bundle.write_text("everybody else's\n")
    for _ in range(2):
        trust(authority, bundle)
    assert bundle.read_text().split("\n\n") == ["everybody else's", "the cloud's own\n"]


def test_a_restart_starts_what_was_enabled_in_that_order_and_nothing_at_the_first_boot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(init, "ENABLED", tmp_path / "enabled")
    monkeypatch.setattr(init, "SEEN", tmp_path / "seen")
    asked: list[list[str]] = []
    for words in (["enable", "docker"], ["enable", "ssh"], ["disable", "ssh"], ["enable", "another"]):
        assert Manager().ask(words) == ""
    monkeypatch.setattr(Manager, "ask", lambda _, words: asked.append(words))
    init.start_enabled(Manager())
    assert asked == []
    init.SEEN.touch()
    init.start_enabled(Manager())
    assert asked == [["start", "docker.service", "another.service"]]


def test_a_machine_that_powers_itself_off_ends_its_first_process(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda *told: ended.append(told))
    assert Manager().ask(["poweroff"]) == ""
    assert ended == [(os.getpid(), signal.SIGTERM)]
