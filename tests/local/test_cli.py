"""The commands: one line of use each, exit codes, and a plain word instead of a traceback."""

import re
import subprocess
import sys

import pytest

from local import __main__ as command_line
from local import cli
from local.lock import only_one
from local.runtime import ROOT, OperatorError, Runtime, UsageError
from local.setup.prepare import NEEDS


@pytest.fixture(autouse=True)
def no_setup(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("PREQLY_LOCAL_DIR", f"{tmp_path}/cloud")
    monkeypatch.setattr(command_line, "prepare", lambda command, runtime, hosting: None)
    monkeypatch.setattr(command_line, "_in_venv", lambda: True)


def test_every_make_target_is_a_command() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)) - {"help"}
    assert targets == set(cli.COMMANDS)


def test_set_up_knows_every_command_that_needs_something() -> None:
    assert set(NEEDS) == set(cli.COMMANDS) - {"clean"}


@pytest.mark.parametrize(
    ("words", "hosting"),
    [
        (["up"], "fargate"),
        (["up", "--hosting", "vm"], "vm"),
        (["preview"], None),
        (["preview", "--hosting", "vm"], "vm"),
    ],
)
def test_hosting_is_fargate_unless_it_is_said(words: list[str], hosting: str | None) -> None:
    assert cli.parse(words).hosting == hosting


@pytest.mark.parametrize(("target", "command"), [("up", "up --hosting vm"), ("preview", "preview --hosting vm")])
def test_make_hands_hosting_on(target: str, command: str) -> None:
    words = ["make", "-n", "-C", str(ROOT), target, "HOSTING=vm"]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert f"-m local {command}" in said


def test_a_kind_of_hosting_that_does_not_exist_is_wrong_use() -> None:
    with pytest.raises(SystemExit) as stopped:
        command_line.main(["up", "--hosting", "lambda"])
    assert stopped.value.code == 2


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


def test_down_removes_what_an_up_left_that_failed_before_the_cloud_started() -> None:
    runtime = Runtime.from_environment()
    with only_one(runtime, "set-up"):
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
