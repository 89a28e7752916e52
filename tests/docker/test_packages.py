"""Debian packages of hosting.toml, with a stand-in for apt-get."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.docker.scripts import BUILD


def run(folder: Path, *packages: str, code: int = 0) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """The end of packages.sh, and what it asked apt-get for."""
    (folder / "apt-get").write_text(f'#!/bin/sh\necho "$*" >> {folder}/asked\n[ "$1" = update ] || exit {code}\n')
    (folder / "apt-get").chmod(0o755)
    # Nothing of this machine is removed.
    (folder / "rm").write_text("#!/bin/sh\n")
    (folder / "rm").chmod(0o755)
    environment = {"PATH": f"{folder}:{os.environ['PATH']}"}
    command = ["sh", str(BUILD / "packages.sh"), *packages]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    asked = folder / "asked"
    return done, asked.read_text().splitlines() if asked.exists() else []


def test_named_packages_are_installed_without_what_they_recommend(tmp_path: Path) -> None:
    done, asked = run(tmp_path, "gcc", "libpq-dev")
    assert (done.returncode, asked) == (0, ["update", "install --yes --no-install-recommends gcc libpq-dev"])


def test_without_a_name_nothing_is_asked(tmp_path: Path) -> None:
    done, asked = run(tmp_path)
    assert (done.returncode, asked) == (0, [])


@pytest.mark.parametrize("name", ["libpq-devel"])
def test_a_package_that_there_is_not_is_named_with_its_place(tmp_path: Path, name: str) -> None:
    done, _ = run(tmp_path, name, code=100)
    assert done.returncode == 1
    assert f"system_packages in hosting.toml cannot be installed, see above: {name}" in done.stderr
