import importlib.util
import os
import sys
from pathlib import Path

import pytest

from ops import __main__ as entrance


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A Python without the packages. Returns the commands that it starts."""
    started: list[list[str]] = []
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "argv", ["ops", "rollback", "3"])
    monkeypatch.setattr(sys, "prefix", "/usr")

    def start(_program: str, command: list[str]) -> None:
        started.append(command)
        raise SystemExit(0)

    monkeypatch.setattr(os, "execv", start)
    return started


@pytest.mark.skipif(os.name != "posix", reason="execv is what POSIX has")
def test_a_python_without_the_packages_restarts_in_the_virtual_environment(
    bare: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.touch()
    monkeypatch.setattr(entrance, "PYTHON", python)
    with pytest.raises(SystemExit):
        entrance.main()
    assert bare == [[str(python), "-m", "ops", "rollback", "3"]]


def test_without_a_virtual_environment_it_says_how_to_create_it(
    bare: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(entrance, "PYTHON", tmp_path / "missing")
    assert entrance.main() == 1
    assert "`pulumi install` or `make up`" in capsys.readouterr().err
    assert bare == []
