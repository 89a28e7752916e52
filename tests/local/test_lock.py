"""The locked dependencies."""

import re
from pathlib import Path

import pytest

from local import lock

LOCKS = [source.with_name(name) for source, (name, *_) in lock.SOURCES.items()]
TOOLS = [source.with_suffix(".txt") for source in lock.TOOLS]


def test_the_locks_match_the_requirements() -> None:
    assert lock.main(["--check"]) is None


def test_a_stale_lock_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, (name, *rest) = next(iter(lock.SOURCES.items()))
    (tmp_path / source.name).write_text(source.read_text() + "requests\n")
    (tmp_path / name).write_text(source.with_name(name).read_text())
    monkeypatch.setattr(lock, "SOURCES", {tmp_path / source.name: (name, *rest)})
    assert lock.main(["--check"]) == f"{tmp_path / name} is older than {source.name}: run python -m local.lock"


@pytest.mark.parametrize("path", [*LOCKS, *TOOLS], ids=lambda path: path.name)
def test_every_package_is_pinned_with_hashes_and_no_index_is_named(path: Path) -> None:
    text = path.read_text()
    packages = re.split(r"\n(?=[a-z])", text)[1:]
    assert len(packages) >= 2
    for package in packages:
        assert "==" in package.splitlines()[0]
        assert "--hash=sha256:" in package
    assert "://" not in text


@pytest.mark.parametrize("source", lock.SOURCES, ids=lambda path: path.name)
def test_every_requirement_is_locked_at_its_version(source: Path) -> None:
    lines = source.with_name(lock.SOURCES[source][0]).read_text().splitlines()
    requirements = re.findall(r"^([\w-]+)(?:\[\w+\])?==(\S+)", source.read_text(), re.M)
    assert len(requirements) >= 4
    for name, version in requirements:
        assert any(line.startswith(f"{name.lower()}=={version} ") for line in lines), name


def test_django_is_the_projects_own() -> None:
    (platform,) = [path for path in LOCKS if path.name == "platform.txt"]
    assert not re.search(r"^(django|asgiref|sqlparse)==", platform.read_text(), re.M)
