"""`make check`: what it prints, and its exit code."""

import json
import subprocess
from pathlib import Path

import pytest

from local import __main__ as command_line
from local import application_choice
from local.runtime import Runtime
from tests.infra.application.projects import startproject, write


@pytest.fixture(autouse=True)
def no_setup(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PREQLY_LOCAL_DIR", f"{tmp_path}/cloud")
    monkeypatch.setattr(command_line, "prepare", lambda command, runtime: None)
    monkeypatch.setattr(command_line, "_in_venv", lambda: True)


def check(folder: Path, *options: str) -> int:
    return command_line.main(["check", str(folder), *options])


def test_what_is_found_and_what_will_happen_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(startproject(tmp_path / "mysite")) == 0
    printed = capsys.readouterr().out
    assert f"Application     {tmp_path}/mysite (7 files" in printed
    assert "settings: mysite.settings, from mysite/wsgi.py" in printed
    assert "Will happen     image: Python 3.13" in printed
    assert "Variables" not in printed


def test_variables_that_the_settings_need_come_with_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    startproject(tmp_path / "mysite")
    with (tmp_path / "mysite/mysite/settings.py").open("a") as file:
        file.write("import os\nA = os.environ['STRIPE_KEY'], os.environ['SHOP']\n")
        file.write("if A:\n    B = os.environ['FEATURE']\n")
    assert check(tmp_path / "mysite") == 0
    printed = capsys.readouterr().out
    assert "read without a default: SHOP, STRIPE_KEY" in printed
    assert "only a branch or a function reads FEATURE (mysite/settings.py, line 1" in printed
    assert "pulumi config set --path environment.SHOP <value>" in printed
    assert "pulumi config set --secret --path secretEnvironment.STRIPE_KEY" in printed


def test_the_address_of_a_cache_comes_with_the_setting_that_gives_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    startproject(tmp_path / "mysite")
    with (tmp_path / "mysite/mysite/settings.py").open("a") as file:
        file.write("import os\nCELERY_BROKER_URL = os.environ['REDIS_URL']\n")
    assert check(tmp_path / "mysite") == 0
    printed = capsys.readouterr().out
    assert "pulumi config set cache valkey" in printed
    assert "environment.REDIS_URL" not in printed


def test_problems_are_printed_and_make_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert f"The application in {tmp_path} cannot be hosted: 2 problems. Nothing was built." in printed.err
    assert "Traceback" not in printed.err


def test_a_link_that_leaves_the_application_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    startproject(tmp_path / "mysite")
    (tmp_path / "mysite/shared").symlink_to(tmp_path)
    assert check(tmp_path / "mysite") == 2
    assert "mysite/shared" in capsys.readouterr().err


def test_settings_that_git_ignores_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    startproject(tmp_path / "mysite")
    subprocess.run(["git", "init", "--quiet", str(tmp_path / "mysite")], check=True)
    (tmp_path / "mysite/.gitignore").write_text("settings.py\n")
    assert check(tmp_path / "mysite") == 2
    assert "mysite/mysite/settings.py" in capsys.readouterr().err


def test_programs_get_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(startproject(tmp_path / "mysite"), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["problems"], found["settings"], found["python"]) == ([], "mysite.settings", "3.13")
    assert check(tmp_path / "nowhere", "--json") == 2
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert set(problem) == {"key", "value", "rule", "fix"}


def test_without_a_folder_the_demo_is_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["check"]) == 0
    assert "callable: config.wsgi:application" in capsys.readouterr().out


def test_the_folder_is_the_one_of_the_last_deployment(tmp_path: Path) -> None:
    runtime = Runtime.from_environment()
    assert application_choice.folder(None, runtime).name == "app"
    write(runtime.folder, {"program/Pulumi.local.yaml": f"config:\n  preqly:application: {tmp_path}\n"})
    assert application_choice.folder(None, runtime) == tmp_path
    assert application_choice.folder("mysite", runtime) == Path.cwd() / "mysite"
