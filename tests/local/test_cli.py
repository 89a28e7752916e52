"""The commands: exit codes, and a message instead of a traceback."""

import os
import re
import subprocess
import sys

import pytest

from local import __main__ as command_line
from local import cli
from local.processes import exclusive
from local.runtime import ROOT, OperatorError, Runtime, UsageError
from local.setup.docker_engine import DockerEngine
from local.setup.prepare import NEEDS


@pytest.fixture(autouse=True)
def no_setup(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("PREQLY_LOCAL_DIR", f"{tmp_path}/cloud")
    monkeypatch.setattr(command_line, "prepare", lambda command, runtime: None)
    monkeypatch.setattr(command_line, "_in_venv", lambda: True)


def test_every_make_target_is_a_command() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)) - {"help"}
    assert targets == set(cli.COMMANDS)


def test_every_command_but_clean_has_set_up_steps() -> None:
    assert set(NEEDS) - {"test --fast"} == set(cli.COMMANDS) - {"clean"}


def test_the_fast_tests_need_no_docker() -> None:
    assert cli.set_up_of(cli.parse(["test"])) == "test"
    steps = NEEDS[cli.set_up_of(cli.parse(["test", "--fast"]))]
    assert DockerEngine in NEEDS["test"]
    assert DockerEngine not in steps


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["test", "FAST=1"], "test --fast"),
        (["test", "LONG=1"], "test --long"),
        (["preview", "COMPARE=a.json"], "preview --compare a.json"),
    ],
)
def test_make_passes_its_variables_on(arguments: list[str], command: str) -> None:
    # Under `make test FAST=1` the outer make passes its variables on in MAKEFLAGS.
    outside = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "FAST", "LONG"}}
    words = ["make", "-n", "-C", str(ROOT), *arguments]
    printed = subprocess.run(words, env=outside, capture_output=True, text=True, check=True)
    assert f"-m local {command}" in " ".join(printed.stdout.split())


def test_an_unknown_command_is_wrong_use() -> None:
    with pytest.raises(SystemExit) as stopped:
        command_line.main(["deploy"])
    assert stopped.value.code == 2


@pytest.mark.parametrize(
    ("error", "code"),
    [(OperatorError("port 1 is taken"), 1), (UsageError("preqly:vpcCidr: too small"), 2), (KeyboardInterrupt(), 130)],
)
def test_errors_become_exit_codes_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, code: int
) -> None:
    def fail(*_: object) -> int:
        raise error

    monkeypatch.setattr(cli, "run", fail)
    assert command_line.main(["up"]) == code
    shown = capsys.readouterr().err
    assert "Traceback" not in shown
    assert str(error) in shown


def test_down_and_status_have_nothing_to_do_where_nothing_was_started(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["down"]) == 0
    assert "Nothing is running here" in capsys.readouterr().err


def test_down_removes_the_leftovers_of_an_up_that_failed_early() -> None:
    runtime = Runtime.from_environment()
    with exclusive(runtime, "set-up"):
        (runtime.logs / "set-up.log").write_text("failed")
        # As long as it is at work, its folder stays.
        assert command_line.main(["down"]) == 1
        assert runtime.logs.exists()
    assert command_line.main(["status"]) == 0
    assert runtime.folder.exists()
    assert command_line.main(["down"]) == 0
    assert not runtime.folder.exists()


def test_help_works_without_any_installed_package() -> None:
    """-I -S leaves out site-packages: what a fresh machine's Python has."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from local.__main__ import main; main(['--help'])"
    result = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert all(command in result.stdout for command in cli.COMMANDS)
