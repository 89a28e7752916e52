"""Which packages the platform adds to an application's, and what is removed of them. test_dependencies.py installs."""

import hashlib
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from infra.application.application import Dependencies
from infra.images.dependencies import dependency_files
from local.runtime import ROOT
from tests.docker.scripts import script

install, prune = script("install"), script("prune")
LOCK = """# platform.in sha256: 00
boto3==1.44.8 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via django-storages
psycopg==3.3.9 \\
    --hash=sha256:cc
psycopg-binary==3.3.9 ; implementation_name != 'pypy' \\
    --hash=sha256:dd
"""


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(install, "PLATFORM", tmp_path)
    (tmp_path / "platform.txt").write_text(LOCK)
    return tmp_path


@pytest.mark.usefixtures("platform")
@pytest.mark.parametrize(
    ("project", "added"),
    [
        ({}, {"boto3", "psycopg", "psycopg-binary"}),
        ({"boto3": "1.20.0"}, {"psycopg", "psycopg-binary"}),
        # Its binary part has the same version.
        ({"psycopg": "3.1.0"}, {"boto3"}),
    ],
)
def test_the_platforms_lock_holds_for_what_the_application_does_not_have(
    project: dict[str, str], added: set[str]
) -> None:
    assert {install.name_of(entry) for entry in install.platform_lock(project)} == added


@pytest.mark.usefixtures("platform")
def test_an_entry_of_the_lock_keeps_its_hashes() -> None:
    (boto3, *_) = install.platform_lock({})
    assert boto3.count("--hash=") == 2


def test_an_extra_that_names_another_stands_for_it() -> None:
    optional = {"server": ["gunicorn>=21.2"], "asgi": ["django-hosting[server]", "uvicorn>=0.30"]}
    assert install.wanted_by(optional, ["server", "asgi"]) == ["gunicorn>=21.2", "uvicorn>=0.30"]


@pytest.mark.parametrize("changed", [False, True])
def test_a_lock_that_names_its_source_is_refused_when_the_source_changed(tmp_path: Path, changed: bool) -> None:
    source, lock = tmp_path / "requirements.in", tmp_path / "requirements.txt"
    source.write_text("Django\n")
    lock.write_text(f"{install.MARK}{hashlib.sha256(source.read_bytes()).hexdigest()}\nDjango==5.2\n")
    if not changed:
        install.refuse_stale_requirements(lock)
        return
    source.write_text("Django\nrequests\n")
    with pytest.raises(install.InstallError, match=r"requirements\.txt is older than .*requirements\.in"):
        install.refuse_stale_requirements(lock)


@pytest.mark.parametrize(
    ("message", "attempts"),
    [("Failed to build `psycopg2==2.9`", 2), ("Git executable not found", 2), ("No solution found", 1)],
)
def test_a_compiler_is_installed_for_a_package_that_needs_it_and_for_no_other_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, message: str, attempts: int
) -> None:
    tried: list[str] = []

    def attempt(*_: object) -> SimpleNamespace:
        tried.append(message)
        return SimpleNamespace(returncode=int(len(tried) == 1), stdout="done", stderr=message)

    monkeypatch.setattr(install, "attempt", attempt)
    monkeypatch.setattr(install.compiler, "install", lambda: True)
    if attempts == 1:
        with pytest.raises(install.InstallError, match="fix it"):
            install.run("uv", folder=tmp_path, fix="fix it")
    else:
        assert install.run("uv", folder=tmp_path, fix="fix it") == "done"
    assert len(tried) == attempts


def files_read(kind: str, name: str, files: dict[str, str]) -> set[str]:
    dependencies = Dependencies(kind=kind, file=name)  # type: ignore[arg-type]
    return set(dependency_files(dependencies, list(files), files.__getitem__))


def test_requirements_are_read_with_the_files_that_they_name() -> None:
    files = {
        "requirements/production.txt": "-r base.txt\n-c ../constraints.txt\n--requirement=more.txt\n",
        "requirements/base.txt": "-r production.txt\nDjango\n",
        "requirements/more.txt": "",
        "constraints.txt": "",
        "manage.py": "",
    }
    assert files_read("requirements", "requirements/production.txt", files) == set(files) - {"manage.py"}


@pytest.mark.parametrize(
    ("kind", "files"),
    [
        ("uv", {"uv.lock": 'source = { registry = "x" }\nsource = { virtual = "." }', "pyproject.toml": ""}),
        ("poetry", {"poetry.lock": 'name = "django"', "pyproject.toml": ""}),
        ("pipenv", {"Pipfile.lock": "{}", "Pipfile": ""}),
        ("pyproject", {"pyproject.toml": 'dependencies = ["django"]'}),
        ("requirements", {"requirements.txt": "Django\n", "requirements.in": "Django\n"}),
    ],
)
def test_a_change_of_code_installs_nothing_again(kind: str, files: dict[str, str]) -> None:
    assert files_read(kind, next(iter(files)), {**files, "manage.py": ""}) == set(files)


@pytest.mark.parametrize(
    ("kind", "name", "text"),
    [
        ("requirements", "requirements.txt", "Django\n-e ./libraries/money\n"),
        ("requirements", "requirements.txt", "./libraries/money\n"),
        ("uv", "uv.lock", 'source = { editable = "libraries/money" }'),
        ("poetry", "poetry.lock", '[package.source]\ntype = "directory"\n'),
        ("pipenv", "Pipfile.lock", '{\n    "path": "./libraries/money"\n}'),
        ("pyproject", "pyproject.toml", 'dynamic = ["version", "dependencies"]'),
    ],
)
def test_a_package_among_the_applications_files_needs_all_of_them(kind: str, name: str, text: str) -> None:
    files = {name: text, "pyproject.toml": "", "Pipfile": "", "libraries/money/setup.py": ""} | {name: text}
    assert "libraries/money/setup.py" in files_read(kind, name, files)


def test_only_the_platforms_packages_are_thinned_out(tmp_path: Path) -> None:
    packages = tmp_path / "lib/python3.13/site-packages"
    for name in ("own", "added"):
        for file in (f"{name}/__init__.py", f"{name}/tests/a.py", f"{name}/a.pyi", f"{name}/de.po", f"{name}/de.mo"):
            (packages / file).parent.mkdir(parents=True, exist_ok=True)
            (packages / file).write_text("")
        record = packages / f"{name}-1.0.dist-info/RECORD"
        record.parent.mkdir()
        record.write_text(f"{name}/__init__.py,,\n../../../bin/{name},,\n{name}-1.0.dist-info/RECORD,,\n")
    for service in ("s3", "ec2"):
        (packages / "botocore/data" / service).mkdir(parents=True)
    (packages / "own/fr.po").write_text("")

    prune.main(tmp_path, {"added"})
    left = {path.relative_to(packages).as_posix() for path in packages.rglob("*") if path.is_file()}
    assert {"own/tests/a.py", "own/a.pyi", "own/fr.po"} <= left
    assert not {"added/tests/a.py", "added/a.pyi", "added/de.po", "own/de.po"} & left
    assert (packages / "botocore/data/ec2").exists(), "the application's own"
    (packages / "boto3/data").mkdir(parents=True)
    prune.main(tmp_path, {"added", "botocore", "boto3"})
    assert [path.name for path in (packages / "botocore/data").iterdir()] == ["s3"]


def test_the_image_keeps_the_model_of_every_service_that_the_platform_asks() -> None:
    sources = (ROOT / "packages/django-hosting/src").rglob("*.py")
    asked = {name for file in sources for name in re.findall(r'\.(?:client|resource)\("([\w-]+)"', file.read_text())}
    assert asked
    assert asked <= prune.SERVICES
