"""What the Node build of an image runs, with stand-ins for the managers; test_applications.py runs pnpm."""

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docker.scripts import BUILD

STAND_IN = """#!/bin/sh
echo "$(basename "$0") $*" >> "$CALLS"
[ "$1" != --version ] || echo "$YARN"
[ "$1" != pack ] || { echo package > "$4/package.tgz" && echo package.tgz; }
"""
HASH = hashlib.sha256(b"package\n").hexdigest()
IMMUTABLE = ["yarn --version", "yarn install --immutable"]


def run(
    folder: Path, *arguments: str, yarn: str = "1.22.22", locks: str = ""
) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """The end of frontend.sh, and the commands that it ran."""
    for name in ("npm", "pnpm", "yarn"):
        (folder / name).write_text(STAND_IN)
        (folder / name).chmod(0o755)
    shutil.copy(BUILD / "frontend.sh", folder)
    (folder / "environment.sh").write_text("export API='https://example.com'\necho API=$API >> $CALLS\n")
    for lock in ("yarn.lock", "pnpm-lock.yaml"):
        (folder / lock).write_text(locks)
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", "CALLS": str(folder / "calls"), "YARN": yarn}
    command = ["sh", str(folder / "frontend.sh"), *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)
    return done, re.sub(r" --pack-destination \S+", "", (folder / "calls").read_text()).splitlines()


def calls(folder: Path, *arguments: str, yarn: str = "1.22.22", locks: str = "") -> list[str]:
    done, found = run(folder, *arguments, yarn=yarn, locks=locks)
    assert done.returncode == 0, done.stderr
    return found


@pytest.mark.parametrize(
    ("manager", "named", "yarn", "wanted"),
    [
        ("npm", "", "", ["npm ci"]),
        ("npm", "npm@10.9.0", "", ["npm ci"]),
        ("pnpm", "pnpm@9.15.0", "", ["npm install --global --silent pnpm@9.15.0", "pnpm install --frozen-lockfile"]),
        (
            "pnpm",
            f"pnpm@9.15.0+sha256.{HASH}",
            "",
            [
                "npm pack --silent pnpm@9.15.0",
                "npm install --global --silent pnpm@9.15.0",
                "pnpm install --frozen-lockfile",
            ],
        ),
        (
            "yarn",
            "yarn@1.22.22",
            "1.22.22",
            [
                "npm install --global --silent yarn@1.22.22",
                "yarn --version",
                "yarn install --frozen-lockfile --non-interactive",
            ],
        ),
        (
            "yarn",
            "yarn@4.5.0",
            "4.5.0",
            ["npm install --global --silent @yarnpkg/cli-dist@4.5.0", *IMMUTABLE],
        ),
    ],
)
def test_each_manager_installs_exactly_its_lock(
    tmp_path: Path, manager: str, named: str, yarn: str, wanted: list[str]
) -> None:
    assert calls(tmp_path, "install", manager, named, yarn=yarn) == wanted


@pytest.mark.parametrize(
    ("manager", "lock", "provided"),
    [
        ("pnpm", "lockfileVersion: 5.4\n", "pnpm@7"),
        ("pnpm", "lockfileVersion: '6.0'\n", "pnpm@8"),
        ("pnpm", "lockfileVersion: '9.0'\n", "pnpm@10"),
        ("yarn", '# yarn lockfile v1\n\nms@2.1.3:\n  version "2.1.3"\n', "yarn@1"),
        ("yarn", '__metadata:\n  version: 6\n\n"ms@npm:2.1.3":\n  version: 2.1.3\n', "@yarnpkg/cli-dist@3"),
        ("yarn", "__metadata:\n  version: 8\n", "@yarnpkg/cli-dist@4.13.0"),
        ("yarn", "__metadata:\n  version: 10\n", "@yarnpkg/cli-dist@4"),
    ],
)
def test_without_a_name_the_manager_is_one_that_takes_the_lock_as_it_is(
    tmp_path: Path, manager: str, lock: str, provided: str
) -> None:
    assert (
        calls(tmp_path, "install", manager, "", yarn="4", locks=lock)[0] == f"npm install --global --silent {provided}"
    )


def test_a_manager_with_another_hash_than_package_json_names_is_not_installed(tmp_path: Path) -> None:
    done, found = run(tmp_path, "install", "pnpm", "pnpm@9.15.0+sha256.00")
    assert done.returncode == 1
    assert "packageManager: pnpm@9.15.0 of the registry does not have the hash sha256.00" in done.stderr
    assert not [call for call in found if "install" in call]


def test_the_script_runs_with_the_variables_of_the_manifest(tmp_path: Path) -> None:
    assert calls(tmp_path, "build", "pnpm", "build:all") == ["API=https://example.com", "pnpm run build:all"]


def test_without_a_script_the_packages_are_all(tmp_path: Path) -> None:
    assert calls(tmp_path, "build", "npm", "") == ["API=https://example.com"]
