"""Dependencies as people have them, with real locks of the real tools: installed beside the platform's, or refused."""

import hashlib
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.images.private.packages import LINES, NO_WHEELS, Wheels
from tests.docker.applications import Build, locked, staged, startproject, write

pytestmark = pytest.mark.containers
Installed = Callable[..., dict[str, str]]

MORE = {
    "uv": ('["django', '["pytz", "django'),
    "poetry": ("django = ", 'pytz = "*"\ndjango = '),
    "pipenv": ("django = ", 'pytz = "*"\ndjango = '),
}
"""Per tool: a package more in the file that is locked."""


@pytest.fixture(scope="module")
def failure(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], str]:
    """`failure(folder)`: output of a build that stops at the dependencies."""

    def run(folder: Path) -> str:
        done = build("dependencies", context=staged(folder, tmp_path_factory.mktemp("refused")), check=False)
        assert done.returncode != 0
        return done.stderr

    return run


@pytest.fixture(scope="module")
def installed(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """`installed(folder, wheels)`: version per package in the images' environment."""

    def run(folder: Path, wheels: Wheels = NO_WHEELS) -> dict[str, str]:
        context = staged(folder, tmp_path_factory.mktemp("context"), wheels)
        build("packages", "--output", f"type=local,dest={context}", context=context)
        found = json.loads((context / "sbom.cdx.json").read_text())
        return {one["name"]: one["version"] for one in found["components"]}

    return run


@pytest.mark.parametrize("tool", MORE)
def test_a_lock_is_installed_with_the_platforms_packages_and_a_stale_one_is_refused(
    build: Build, tmp_path: Path, installed: Installed, failure: Callable[[Path], str], tool: str
) -> None:
    folder = startproject(tmp_path / tool)
    source = locked(build, tool, folder)
    found = installed(folder)
    assert {"django", "gunicorn", "psycopg", "boto3", "django-hosting"} <= set(found)
    assert not {"uvicorn", tool, "brotli"} & set(found)

    source.write_text(source.read_text().replace(*MORE[tool]))
    assert f"run: {tool} lock" in failure(folder).lower()


def test_a_wheel_that_was_fetched_before_the_build_takes_the_place_of_its_line(
    tmp_path: Path, installed: Installed
) -> None:
    # The index does not answer, as for a build that has no credentials.
    requirements = "--extra-index-url https://packages.invalid/simple/\nDjango==5.2.19\nprivate-greeting==1.0\n"
    folder = write(startproject(tmp_path / "private"), {"requirements.txt": requirements})
    assert installed(folder, wheels(tmp_path, "private_greeting"))["private-greeting"] == "1.0"


def test_versions_of_the_application_stay_and_its_driver_is_enough(tmp_path: Path, installed: Installed) -> None:
    requirements = "Django==4.2.30\npsycopg2-binary==2.9.11\n-r requirements/aws.txt\n"
    folder = write(startproject(tmp_path / "old"), {"requirements.txt": requirements})
    write(folder, {"requirements/aws.txt": "boto3==1.35.0\n"})
    found = installed(folder)
    assert (found["django"], found["boto3"], found["psycopg2-binary"]) == ("4.2.30", "1.35.0", "2.9.11")
    assert "psycopg" not in found
    assert "gunicorn" in found


@pytest.mark.parametrize(
    ("requirement", "sentence"),
    [
        ("gunicorn==20.1.0", "gunicorn==20.1.0. The platform needs: gunicorn>="),
        ("Django==5.2.99", "requirements.txt: its packages cannot be installed"),
    ],
)
def test_what_cannot_be_installed_is_refused_by_name(
    tmp_path: Path, failure: Callable[[Path], str], requirement: str, sentence: str
) -> None:
    folder = write(startproject(tmp_path / "site"), {"requirements.txt": f"Django>=5.2,<6\n{requirement}\n"})
    assert sentence in re.sub(r"\s+", " ", failure(folder))


def wheels(folder: Path, name: str) -> Wheels:
    """A wheel without content, as it was fetched."""
    file = folder / f"{name}-1.0-py3-none-any.whl"
    about = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")
    content = file.read_bytes()
    line = f"{name.replace('_', '-')}==1.0 --hash=sha256:{hashlib.sha256(content).hexdigest()}\n"
    return Wheels(files={file.name: content, LINES: line.encode()}, found=())
