"""The virtual environment: when it is complete, and which Python creates it."""

import sys
from pathlib import Path

import pytest

from local.runtime import Ports, Runtime
from local.setup import python
from local.setup.steps import SetupError


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in python.LOCK_FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("rich==1\n")
    venv = tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").touch()
    monkeypatch.setattr(python, "ROOT", tmp_path)
    monkeypatch.setattr(python, "VENV", venv)
    monkeypatch.setattr(python, "_STAMP", venv / ".stamp")
    monkeypatch.setattr(python, "venv_python", lambda: venv / "bin" / "python")
    return tmp_path


def step(folder: Path) -> python.Venv:
    return python.Venv(Runtime(cloud="test", folder=folder, ports=Ports()))


def test_an_environment_without_its_stamp_is_incomplete(checkout: Path) -> None:
    assert step(checkout).missing() is not None


def test_a_stamped_environment_is_left_alone(checkout: Path) -> None:
    (checkout / ".venv" / ".stamp").write_text(python.wanted_stamp())
    assert step(checkout).missing() is None


@pytest.mark.parametrize("name", python.LOCK_FILES)
def test_a_changed_requirement_file_makes_it_incomplete(checkout: Path, name: str) -> None:
    (checkout / ".venv" / ".stamp").write_text(python.wanted_stamp())
    (checkout / name).write_text("rich==2\n")
    assert step(checkout).missing() is not None


def test_a_newer_python_on_path_is_used_when_this_one_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.setup.python.sys.version_info", (3, 9, 2))
    monkeypatch.setattr(
        "local.setup.python.shutil.which", lambda name: f"/bin/{name}" if name == "python3.12" else None
    )
    monkeypatch.setattr("local.setup.python.shell.probe", lambda command: "")
    assert python.find_python() == "python3.12"


def test_without_a_new_enough_python_the_error_names_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.setup.python.sys.version_info", (3, 9, 2))
    monkeypatch.setattr("local.setup.python.shutil.which", lambda name: None)
    with pytest.raises(SetupError, match=r"Python 3\.11 or newer is needed.*is 3\.9\.2.*Install one"):
        python.find_python()


def test_the_running_python_is_used_when_it_is_new_enough() -> None:
    assert Path(python.find_python()).exists()
    assert sys.version_info >= python.OLDEST
