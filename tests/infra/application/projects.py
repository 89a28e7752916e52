"""Django projects in a folder, as `startproject` makes them, and what discovery says about them."""

import functools
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from infra.application.application import Application
from infra.application.discovery import find_application
from infra.application.findings import ApplicationError
from infra.problem import Problem

LOCKS = Path(__file__).parent / "locks"
"""Of a project with Django, as the tools wrote them, without the addresses of the packages."""


@functools.cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="startproject-"))
    subprocess.run([sys.executable, "-m", "django", "startproject", "mysite", str(folder)], check=True)
    return folder


def startproject(folder: Path, requirements: str = "Django==5.2.8\n") -> Path:
    """What `django-admin startproject mysite .` makes in the folder, with a requirements file unless it is empty."""
    shutil.copytree(_template(), folder, dirs_exist_ok=True)
    if requirements:
        (folder / "requirements.txt").write_text(requirements)
    return folder


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write files by name."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def replace(file: Path, old: str, new: str) -> None:
    """Change a file that holds `old`."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def problems(folder: Path) -> list[Problem]:
    """Why the application in a folder cannot be hosted; none when it can."""
    try:
        find_application(folder)
    except ApplicationError as error:
        return error.problems
    return []


def problem(folder: Path) -> Problem:
    """The one reason."""
    (only,) = problems(folder)
    return only


def found(application: Application, subject: str) -> str:
    """The sentence about a subject, such as `settings`."""
    (only,) = [one for one in application.found if one.startswith(f"{subject}: ")]
    return only.removeprefix(f"{subject}: ")
