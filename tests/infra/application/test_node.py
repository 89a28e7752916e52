"""The build with Node."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from infra.application.discovery import find_application
from tests.infra.application.projects import found, problem, startproject, write

PACKAGE = json.dumps({"scripts": {"build": "vite build", "build:css": "sass"}})


@pytest.mark.parametrize(
    ("lock", "manager"),
    [
        ("package-lock.json", "npm"),
        ("npm-shrinkwrap.json", "npm"),
        ("pnpm-lock.yaml", "pnpm"),
        ("yarn.lock", "yarn"),
    ],
)
def test_a_build_script_with_a_lock_is_built(tmp_path: Path, lock: str, manager: str) -> None:
    application = find_application(write(startproject(tmp_path), {"package.json": PACKAGE, lock: ""}))
    assert application.node is not None
    assert asdict(application.node) == {
        "folder": ".",
        "manager": manager,
        "lock": lock,
        "script": "build",
        "package_manager": "",
    }


@pytest.mark.parametrize("package", ['{"scripts": {"lint": "eslint"}}', "{}", "[]", "not JSON"])
def test_a_package_json_without_a_build_is_none(tmp_path: Path, package: str) -> None:
    assert find_application(write(startproject(tmp_path), {"package.json": package})).node is None


def test_a_build_without_a_lock_is_refused(tmp_path: Path) -> None:
    write(startproject(tmp_path), {"package.json": PACKAGE})
    assert problem(tmp_path).rule == "has a build and no lock file"
    write(tmp_path, {"hosting.toml": "[build.node]\nscript = ''"})
    assert find_application(tmp_path).node is None


def test_of_two_locks_the_declared_manager_decides(tmp_path: Path) -> None:
    write(startproject(tmp_path), {"package.json": PACKAGE, "yarn.lock": "", "pnpm-lock.yaml": ""})
    assert "several lock files: pnpm-lock.yaml, yarn.lock" in problem(tmp_path).rule
    declared = json.loads(PACKAGE) | {"packageManager": "pnpm@10.2.0"}
    write(tmp_path, {"package.json": json.dumps(declared)})
    node = find_application(tmp_path).node
    assert node is not None
    assert (node.manager, node.package_manager) == ("pnpm", "pnpm@10.2.0")


@pytest.mark.parametrize("declared", ["pnpm", "bun@1.2.0", "pnpm@10.2.0\nRUN true", "pnpm@10.2.0+sha512.xyz"])
def test_a_package_manager_that_is_no_name_and_version_is_refused(tmp_path: Path, declared: str) -> None:
    package = json.loads(PACKAGE) | {"packageManager": declared}
    write(startproject(tmp_path), {"package.json": json.dumps(package), "pnpm-lock.yaml": ""})
    assert problem(tmp_path).rule == "is no name@version of npm, pnpm or yarn"


def test_a_build_in_another_folder_is_mentioned_and_built_on_request(tmp_path: Path) -> None:
    write(startproject(tmp_path), {"frontend/package.json": PACKAGE, "frontend/yarn.lock": ""})
    application = find_application(tmp_path)
    assert application.node is None
    assert 'build.node.folder = "frontend"' in found(application, "Node")
    write(tmp_path, {"hosting.toml": '[build.node]\nfolder = "frontend"\nscript = "build:css"'})
    node = find_application(tmp_path).node
    assert node is not None
    assert (node.folder, node.script, node.manager) == ("frontend", "build:css", "yarn")


@pytest.mark.parametrize(
    ("manifest", "rule"),
    [
        ('[build.node]\nfolder = "front"', "is missing or no JSON"),
        ('[build.node]\nscript = "bundle"', "has no script bundle; its scripts: build, build:css"),
    ],
)
def test_a_build_that_does_not_exist_is_refused(tmp_path: Path, manifest: str, rule: str) -> None:
    write(startproject(tmp_path), {"package.json": PACKAGE, "yarn.lock": "", "hosting.toml": manifest})
    assert problem(tmp_path).rule == rule
