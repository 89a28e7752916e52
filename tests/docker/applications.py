"""Applications as build contexts: the demo, changed copies of it, and small projects of other kinds."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from infra.application.discovery import find_application
from infra.images.private.packages import NO_WHEELS, Wheels
from infra.images.sources import stage
from tests.docker.site import ROOT, docker

LOCKS = ROOT / "tests/infra/application/locks"
PROJECT = (
    '[project]\nname = "mysite"\nversion = "0.1.0"\nrequires-python = ">=3.11"\ndependencies = ["django>=5.2,<5.3"]\n'
)
POETRY = '[tool.poetry]\npackage-mode = false\n[tool.poetry.dependencies]\npython = ">=3.11"\ndjango = "~5.1"\n'
PIPFILE = '[packages]\ndjango = "~=4.2.0"\n'
SEALS = {
    "poetry.lock": (
        "content-hash = .*",
        'content-hash = "749f966eece21997f8d07b974ce423c0d1c18ef7a1b2247fc25bb762c1965da8"',
    ),
    "Pipfile.lock": ('"sha256": ".*"', '"sha256": "3a8eed57b7e1412ec1399344fc80dd4565a63bd9e7066b6043aadc5e92d71e50"'),
}
"""The tools' hashes of the texts above, for locks that they made of others: no index is asked for a lock."""
Build = Callable[..., subprocess.CompletedProcess[str]]


def staged(application: Path, context: Path, wheels: Wheels = NO_WHEELS) -> Path:
    """Stage an application as `pulumi up` does; returns the build context."""
    stage(find_application(application), ROOT, str(context), wheels)
    return context


def copy_of_the_demo(folder: Path) -> Path:
    """A copy of the demo to change."""
    ignored = shutil.ignore_patterns("__pycache__", ".*_cache", ".hypothesis", "media")
    return shutil.copytree(ROOT / "app", folder, ignore=ignored)


def startproject(folder: Path) -> Path:
    """What `django-admin startproject mysite` makes."""
    folder.mkdir(parents=True)
    subprocess.run([sys.executable, "-m", "django", "startproject", "mysite", folder], check=True)
    return folder


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """Write files by name."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def locked(build: Build, tool: str, folder: Path) -> Path:
    """Give a project dependencies that uv, poetry or pipenv has locked; returns the file that names them."""
    if tool == "uv":
        write(folder, {"pyproject.toml": PROJECT})
        _lock(build, folder)
        return folder / "pyproject.toml"
    source, text, lock = (
        ("Pipfile", PIPFILE, "Pipfile.lock") if tool == "pipenv" else ("pyproject.toml", POETRY, "poetry.lock")
    )
    write(folder, {source: text, lock: re.sub(*SEALS[lock], (LOCKS / lock).read_text(), count=1)})
    return folder / source


def _lock(build: Build, folder: Path) -> None:
    """Lock with the uv of the image's build, because uv.lock has the addresses of packages."""
    image = "preqly-docker-tests/tools"
    build("tools", "--load", "--tag", image)
    variables = ("--env", "UV_SYSTEM_CERTS=true", "--env", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt")
    place = ("--volume", f"{folder}:/project", "--workdir", "/project")
    docker("run", "--rm", *place, *variables, image, "/build/tools/bin/uv", "lock")
    docker("image", "rm", image)
