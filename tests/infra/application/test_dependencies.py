"""The file with the dependencies, and what it says of Django."""

import shutil
from pathlib import Path

import pytest

from infra.application.discovery import find_application
from infra.application.version_constraints import python_specifiers
from tests.infra.application.projects import LOCKS, found, problem, startproject, write

PIPFILE = '[packages]\ndjango = "~=4.2.0"\n'
POETRY = '[tool.poetry.dependencies]\npython = "^3.11"\ndjango = "~5.1"\n'
PROJECT = '[project]\nname = "mysite"\nrequires-python = ">=3.11"\ndependencies = ["django>=5.2,<5.3"]\n'


def with_locks(folder: Path, *names: str, requirements: str = "") -> Path:
    startproject(folder, requirements)
    for name in names:
        shutil.copy(LOCKS / name, folder)
    return folder


@pytest.mark.parametrize(
    ("lock", "kind", "django"),
    [("uv.lock", "uv", "5.2.19"), ("poetry.lock", "poetry", "5.1.15"), ("Pipfile.lock", "pipenv", "4.2.30")],
)
def test_each_tools_lock_is_read(tmp_path: Path, lock: str, kind: str, django: str) -> None:
    application = find_application(with_locks(tmp_path, lock))
    assert (application.dependencies.kind, application.dependencies.file) == (kind, lock)
    assert found(application, "Django") == django


def test_a_lock_is_taken_before_a_requirements_file_and_both_are_named(tmp_path: Path) -> None:
    application = find_application(with_locks(tmp_path, "uv.lock", requirements="Django"))
    assert found(application, "dependencies") == "uv.lock; requirements.txt beside it is not read"


def test_two_locks_are_asked_about(tmp_path: Path) -> None:
    with_locks(tmp_path, "uv.lock", "poetry.lock")
    assert problem(tmp_path).rule == "there are uv.lock and poetry.lock"
    write(tmp_path, {"hosting.toml": 'dependencies = "poetry.lock"'})
    assert find_application(tmp_path).dependencies.kind == "poetry"


def test_a_lock_without_django_is_of_something_else(tmp_path: Path) -> None:
    startproject(tmp_path, "Django==5.2.8")
    write(tmp_path, {"Pipfile": "[packages]", "Pipfile.lock": '{"_meta": {}, "default": {"molecule": {}}}'})
    assert find_application(tmp_path).dependencies.file == "requirements.txt"
    (tmp_path / "requirements.txt").unlink()
    write(tmp_path, {"mysite/requirements.txt": "Django==5.2.8"})
    assert problem(tmp_path).rule == "Pipfile.lock names no Django"
    assert 'dependencies = "mysite/requirements.txt"' in problem(tmp_path).fix


@pytest.mark.parametrize(
    ("file", "text", "command"), [("Pipfile", PIPFILE, "pipenv lock"), ("pyproject.toml", POETRY, "poetry lock")]
)
def test_a_file_whose_tool_has_not_locked_it_is_refused(tmp_path: Path, file: str, text: str, command: str) -> None:
    write(startproject(tmp_path, requirements=""), {file: text})
    assert problem(tmp_path).key == file
    assert problem(tmp_path).fix.startswith(command)


def test_a_pyproject_without_a_lock_is_installed_as_it_is(tmp_path: Path) -> None:
    application = find_application(write(startproject(tmp_path, requirements=""), {"pyproject.toml": PROJECT}))
    assert application.dependencies.kind == "pyproject"
    assert "not pinned" in found(application, "Django")


def test_a_pyproject_with_nothing_but_tools_is_no_file_with_dependencies(tmp_path: Path) -> None:
    write(startproject(tmp_path, requirements=""), {"pyproject.toml": "[tool.ruff]\nline-length = 120\n"})
    assert problem(tmp_path).key == "dependencies"


def test_requirements_may_include_others(tmp_path: Path) -> None:
    startproject(tmp_path, "-r requirements/base.txt\ngunicorn\n")
    write(tmp_path, {"requirements/base.txt": "Django[argon2]==5.1.2 \\\n    --hash=sha256:00\n"})
    application = find_application(tmp_path)
    assert found(application, "Django") == "5.1.2"
    assert found(application, "dependencies") == "requirements.txt"


def test_a_file_that_windows_wrote_is_read_or_refused(tmp_path: Path) -> None:
    startproject(tmp_path)
    (tmp_path / "requirements.txt").write_text("Django==5.1.2\r\n", encoding="utf-8-sig")
    assert found(find_application(tmp_path), "Django") == "5.1.2"
    # As PowerShell's `pip freeze > requirements.txt` does.
    (tmp_path / "requirements.txt").write_text("Django==5.1.2\r\n", encoding="utf-16")
    assert problem(tmp_path).key == "requirements.txt"
    assert "UTF-8" in problem(tmp_path).fix


def test_a_requirements_file_of_any_name_may_be_chosen(tmp_path: Path) -> None:
    startproject(tmp_path, requirements="")
    write(tmp_path, {"deps/live.txt": "django==5.2.1", "hosting.toml": 'dependencies = "deps/live.txt"'})
    assert find_application(tmp_path).dependencies.kind == "requirements"
    write(tmp_path, {"hosting.toml": 'dependencies = "deps/life.txt"'})
    assert problem(tmp_path).value == "deps/life.txt"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("uv.lock", "package = [[["),
        ("poetry.lock", "[[package]]\nversion = '1'"),
        ("Pipfile.lock", "{}"),
        ("requirements.txt", "-r missing.txt"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_name(tmp_path: Path, file: str, text: str) -> None:
    write(startproject(tmp_path, requirements=""), {file: text})
    assert problem(tmp_path).key == file
    assert "cannot be read" in problem(tmp_path).rule


@pytest.mark.parametrize("version", ["3.2.25", "7.0"])
def test_a_django_that_the_platform_does_not_support_is_refused(tmp_path: Path, version: str) -> None:
    assert "4.2 to 6.1" in problem(startproject(tmp_path, f"Django=={version}")).rule


def test_django_may_come_with_another_package(tmp_path: Path) -> None:
    assert "another package" in found(find_application(startproject(tmp_path, "wagtail==7.0")), "Django")


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("^3.12", "3.14.1", "3.11.9"),
        ("^3.12", "3.12.0", "4.0"),
        ("~3.12", "3.12.9", "3.13.0"),
        (">=3.10,<3.13", "3.12.0", "3.13.0"),
        ("3.12.*", "3.12.4", "3.13.0"),
    ],
)
def test_poetrys_versions_are_read_as_poetry_means_them(text: str, inside: str, outside: str) -> None:
    assert python_specifiers(text).contains(inside)
    assert not python_specifiers(text).contains(outside)
