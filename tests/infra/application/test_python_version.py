"""Which Python version an application runs with."""

import shutil
from pathlib import Path

import pytest

from infra.application.discovery import find_application
from infra.application.python_version import SUPPORTED_BY_DJANGO
from tests.infra.application.projects import LOCKS, found, problem, startproject, write

MANIFEST, PINNED = "hosting.toml", ".python-version"


@pytest.mark.parametrize(
    ("files", "version", "said"),
    [
        ({}, "3.13", "no file names another"),
        ({"pyproject.toml": "[project]\nrequires-python = '>=3.11'"}, "3.13", "requires-python >=3.11 allows it"),
        ({"pyproject.toml": "[project]\nrequires-python = '>=3.10,<3.13'"}, "3.12", "requires-python"),
        ({"runtime.txt": "python-3.11.4\n"}, "3.11", "from runtime.txt"),
        ({PINNED: "3.12.1\n", "runtime.txt": "python-3.11.4"}, "3.12", "from .python-version"),
        ({PINNED: "# pyenv\ncpython@3.14\n"}, "3.14", "from .python-version"),
        ({MANIFEST: 'python = "3.10"', PINNED: "3.12"}, "3.10", "from hosting.toml"),
    ],
)
def test_the_version_follows_what_the_project_names(
    tmp_path: Path, files: dict[str, str], version: str, said: str
) -> None:
    application = find_application(write(startproject(tmp_path), files))
    assert application.python_version == version
    assert said in found(application, "Python")


def test_the_lock_of_pipenv_names_the_version(tmp_path: Path) -> None:
    shutil.copy(LOCKS / "Pipfile.lock", startproject(tmp_path, requirements=""))
    assert find_application(tmp_path).python_version == "3.11"


@pytest.mark.parametrize(
    ("requirements", "version"), [("Django==4.2.30", "3.12"), ("Django>=4.2,<5", "3.12"), ("Django==6.0.1", "3.13")]
)
def test_the_version_is_one_that_django_supports(tmp_path: Path, requirements: str, version: str) -> None:
    assert find_application(startproject(tmp_path, requirements)).python_version == version


@pytest.mark.parametrize(
    ("requirements", "files", "key", "rule"),
    [
        ("Django==4.2.30", {PINNED: "3.13"}, PINNED, "Django 4.2 on this platform runs with 3.10, 3.11, 3.12"),
        ("Django==6.0.1", {MANIFEST: 'python = "3.11"'}, MANIFEST, "3.12, 3.13, 3.14"),
        ("Django==5.2.8", {PINNED: "3.9"}, PINNED, "3.10"),
        ("Django==4.2.30", {"pyproject.toml": "[project]\nrequires-python = '>=3.13'"}, "requires-python", "none of"),
        (
            "Django==5.2.8",
            {PINNED: "3.12", "pyproject.toml": "[project]\nrequires-python = '>=3.13'"},
            PINNED,
            "requires-python is >=3.13",
        ),
    ],
)
def test_a_version_that_cannot_run_is_refused(
    tmp_path: Path, requirements: str, files: dict[str, str], key: str, rule: str
) -> None:
    found_problem = problem(write(startproject(tmp_path, requirements), files))
    assert found_problem.key == key
    assert rule in found_problem.rule


def test_a_name_that_is_no_version_is_said_and_not_used(tmp_path: Path) -> None:
    application = find_application(write(startproject(tmp_path), {PINNED: "my-virtualenv\n"}))
    assert application.python_version == "3.13"
    assert "my-virtualenv" in found(application, PINNED)


def test_the_table_knows_the_django_that_is_installed_here() -> None:
    import importlib.metadata  # noqa: PLC0415 - of this test alone

    metadata = importlib.metadata.metadata("django")
    series = ".".join(metadata["Version"].split(".")[:2])
    prefix = "Programming Language :: Python :: 3."
    versions = [one.rpartition(" ")[2] for one in metadata.get_all("Classifier", []) if one.startswith(prefix)]
    assert list(SUPPORTED_BY_DJANGO[series]) == versions
