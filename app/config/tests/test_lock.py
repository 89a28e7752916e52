"""The locked dependencies."""

import re
from pathlib import Path

import pytest

import lock

LINES = lock.LOCK.read_text().splitlines()


def test_the_lock_matches_the_requirements() -> None:
    assert lock.main(["--check"]) is None


def test_a_stale_lock_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    requirements = tmp_path / "requirements.in"
    requirements.write_text(lock.REQUIREMENTS.read_text() + "requests\n")
    monkeypatch.setattr(lock, "REQUIREMENTS", requirements)
    assert lock.main(["--check"]) == "app/requirements.txt is older than app/requirements.in: run python app/lock.py"


def test_every_package_is_pinned_with_hashes_and_no_index_is_named() -> None:
    text = "\n".join(LINES)
    packages = re.split(r"\n(?=[a-z])", text)[1:]
    assert len(packages) > 10
    for package in packages:
        assert "==" in package.splitlines()[0]
        assert "--hash=sha256:" in package
    assert "://" not in text


def test_every_requirement_is_locked_at_its_version() -> None:
    requirements = re.findall(r"^([\w-]+)(?:\[\w+\])?==(\S+)", lock.REQUIREMENTS.read_text(), re.M)
    assert len(requirements) >= 6
    for name, version in requirements:
        assert any(line.startswith(f"{name.lower()}=={version} ") for line in LINES), name
