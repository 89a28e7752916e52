"""What the Node build of an image runs, with stand-ins for the managers; test_applications.py runs npm."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docker.scripts import BUILD

STAND_IN = '#!/bin/sh\necho "$(basename "$0") $*" >> "$CALLS"\n[ "$1" != --version ] || echo "$YARN"\n'


def calls(folder: Path, *arguments: str, yarn: str = "1.22.22") -> list[str]:
    """The commands that frontend.sh runs."""
    for name in ("npm", "pnpm", "yarn"):
        (folder / name).write_text(STAND_IN)
        (folder / name).chmod(0o755)
    shutil.copy(BUILD / "frontend.sh", folder)
    (folder / "environment.sh").write_text("export API='https://example.com'\necho API=$API >> $CALLS\n")
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", "CALLS": str(folder / "calls"), "YARN": yarn}
    subprocess.run(["sh", folder / "frontend.sh", *arguments], env=environment, check=True, capture_output=True)
    return (folder / "calls").read_text().splitlines()


@pytest.mark.parametrize(
    ("manager", "named", "yarn", "wanted"),
    [
        ("npm", "", "", ["npm ci"]),
        ("npm", "npm@10.9.0", "", ["npm ci"]),
        ("pnpm", "", "", ["npm install --global --silent pnpm@10", "pnpm install --frozen-lockfile"]),
        (
            "pnpm",
            "pnpm@9.15.0+sha512.ab12",
            "",
            ["npm install --global --silent pnpm@9.15.0", "pnpm install --frozen-lockfile"],
        ),
        ("yarn", "", "1.22.22", ["yarn --version", "yarn install --frozen-lockfile --non-interactive"]),
        (
            "yarn",
            "yarn@4.5.0",
            "4.5.0",
            ["npm install --global --silent @yarnpkg/cli-dist@4.5.0", "yarn --version", "yarn install --immutable"],
        ),
    ],
)
def test_each_manager_installs_exactly_its_lock(
    tmp_path: Path, manager: str, named: str, yarn: str, wanted: list[str]
) -> None:
    assert calls(tmp_path, "install", manager, named, yarn=yarn) == wanted


def test_the_script_runs_with_the_variables_of_the_manifest(tmp_path: Path) -> None:
    assert calls(tmp_path, "build", "pnpm", "build:all") == ["API=https://example.com", "pnpm run build:all"]


def test_without_a_script_the_packages_are_all(tmp_path: Path) -> None:
    assert calls(tmp_path, "build", "npm", "") == ["API=https://example.com"]
