"""Folder, name and ports come from environment variables; invalid ones are refused by name."""

import stat
from pathlib import Path

import pytest

from local.runtime import PORT_VARIABLES, Runtime, UsageError, write_atomically


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (*PORT_VARIABLES.values(), "PREQLY_CLOUD", "PREQLY_LOCAL_DIR"):
        monkeypatch.delenv(variable, raising=False)


def test_the_documented_ports_are_the_defaults() -> None:
    ports = Runtime.from_environment().ports
    assert (ports.http, ports.https, ports.api, ports.registry) == (8080, 8443, 4577, 5050)


@pytest.mark.parametrize(("name", "variable"), PORT_VARIABLES.items())
def test_each_port_can_be_moved(monkeypatch: pytest.MonkeyPatch, name: str, variable: str) -> None:
    monkeypatch.setenv(variable, "19191")
    assert getattr(Runtime.from_environment().ports, name) == 19191


@pytest.mark.parametrize("value", ["https", "0", "65536", "-1", "80.5"])
def test_an_invalid_port_is_refused_with_its_variable(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PREQLY_HTTPS_PORT", value)
    with pytest.raises(UsageError, match=f"PREQLY_HTTPS_PORT={value}: not a TCP port"):
        Runtime.from_environment()


def test_one_port_cannot_serve_two_purposes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREQLY_API_PORT", "8443")
    with pytest.raises(UsageError, match="two of the embedded cloud's ports are the same"):
        Runtime.from_environment()


def test_only_the_owner_can_read_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PREQLY_LOCAL_DIR", str(tmp_path / "cloud"))
    runtime = Runtime.from_environment()
    runtime.prepare()
    assert stat.S_IMODE(runtime.folder.stat().st_mode) == 0o700


def test_a_file_is_written_in_one_step_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "passphrase"
    path.with_suffix(".new").write_text("left by a kill")
    write_atomically(path, "new", mode=0o600)
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", 0o600)
    assert [file.name for file in tmp_path.iterdir()] == ["passphrase"]


@pytest.mark.parametrize("name", ["My Cloud!", "-x", "a/b", "x" * 41])
def test_a_name_that_docker_refuses_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("PREQLY_CLOUD", name)
    with pytest.raises(UsageError, match=r"PREQLY_CLOUD=.* letters, digits"):
        Runtime.from_environment()


def test_a_folder_that_cannot_be_created_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PREQLY_LOCAL_DIR", str(tmp_path / "file"))
    with pytest.raises(UsageError, match=r"file: the embedded cloud\'s folder cannot be created .* PREQLY_LOCAL_DIR"):
        Runtime.from_environment().prepare()
