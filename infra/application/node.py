"""Finds the build with Node."""

import json
import re
from pathlib import Path
from typing import Any, Literal

from infra.application.application import NodeBuild
from infra.application.findings import Findings
from infra.application.manifest import Manifest, Node

LOCKS: dict[str, Literal["npm", "pnpm", "yarn"]] = {
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
    "pnpm-lock.yaml": "pnpm",
    "yarn.lock": "yarn",
}
_PACKAGE_MANAGER = re.compile(r"(npm|pnpm|yarn)@\d[\w.-]*(\+sha\d+\.[0-9a-f]+)?")
_COMMANDS = "npm install --package-lock-only"


def find_node(folder: Path, root: str, manifest: Manifest, findings: Findings) -> NodeBuild | None:
    """The build that hosting.toml names, or that of a package.json with a `build` script; None without one."""
    wanted = manifest.build.node
    if wanted is not None:
        return _build(folder, wanted, findings) if wanted.script else None
    for place in dict.fromkeys([".", root]):
        if "build" in _scripts(_package(folder / place)):
            return _build(folder, Node(folder=place), findings)
    for path in sorted(folder.glob("*/package.json")):
        if path.parent.name != "node_modules" and "build" in _scripts(_package(path.parent)):
            findings.say(
                f"Node: {path.relative_to(folder)} has a build that is not used; "
                f'hosting.toml adds it by build.node.folder = "{path.parent.name}"'
            )
    return None


def _build(folder: Path, wanted: Node, findings: Findings) -> NodeBuild | None:
    place = folder / wanted.folder
    package = _package(place)
    name = "package.json" if wanted.folder == "." else f"{wanted.folder}/package.json"
    if package is None:
        findings.refuse(name, "is missing or no JSON", "correct build.node.folder in hosting.toml", wanted.folder)
        return None
    if wanted.script not in _scripts(package):
        known = ", ".join(sorted(_scripts(package))) or "none"
        findings.refuse(name, f"has no script {wanted.script}; its scripts: {known}", "correct build.node.script")
        return None
    locks = [lock for lock in LOCKS if (place / lock).is_file()]
    declared = str(package.get("packageManager", ""))
    if declared and not _PACKAGE_MANAGER.fullmatch(declared):
        fix = "write it as Corepack does, such as pnpm@10.2.0, with or without the hash"
        findings.refuse(f"{name}: packageManager", "is no name@version of npm, pnpm or yarn", fix, declared)
        return None
    fitting = [lock for lock in locks if declared.startswith(LOCKS[lock])]
    locks = fitting or locks
    if len({LOCKS[lock] for lock in locks}) != 1:
        rule = f"has several lock files: {', '.join(locks)}" if locks else "has a build and no lock file"
        fix = 'remove those out of use, or add "packageManager"' if locks else f"{_COMMANDS}, and commit it"
        findings.ask(name, rule, fix, "build.node.script = '' to build nothing")
        return None
    findings.say(f"Node: {LOCKS[locks[0]]} run {wanted.script} in {name}, locked by {locks[0]}")
    return NodeBuild(
        folder=wanted.folder,
        manager=LOCKS[locks[0]],
        lock=locks[0],
        script=wanted.script,
        package_manager=declared if fitting else "",
    )


def _package(folder: Path) -> dict[str, Any] | None:
    try:
        content = json.loads((folder / "package.json").read_text())
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _scripts(package: dict[str, Any] | None) -> dict[str, Any]:
    scripts = (package or {}).get("scripts", {})
    return scripts if isinstance(scripts, dict) else {}
