"""Finds the file with the project's dependencies."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from infra.application.application import PROJECT, Dependencies, Kind
from infra.application.findings import Findings
from infra.application.manifest import FILE, Manifest
from infra.application.requirements_file import requirement_files
from infra.application.version_constraints import Constraints, UnreadableError, read_toml, version_constraints

LOCKS: dict[str, Kind] = {"uv.lock": "uv", "poetry.lock": "poetry", "Pipfile.lock": "pipenv"}
REQUIREMENTS = (
    "requirements.txt",
    "requirements/production.txt",
    "requirements/prod.txt",
    "requirements/requirements.txt",
    "requirements/base.txt",
)
"""In this order."""


def find_dependencies(
    folder: Path, root: str, manifest: Manifest, findings: Findings
) -> tuple[Dependencies, Constraints] | None:
    """The file with the dependencies, a lock before any other, and what it says of Django and Python."""
    if manifest.dependencies is not None:
        findings.say(f"dependencies: {manifest.dependencies}, from {FILE}")
        return _read(folder, manifest.dependencies, findings)
    places = list(dict.fromkeys([Path(), Path(root)]))
    present = [
        place / name for place in places for name in (*LOCKS, *REQUIREMENTS) if (folder / place / name).is_file()
    ]
    projects = [place / PROJECT for place in places if _has_dependencies(folder / place / PROJECT)]
    unlocked = None if any(path.name in LOCKS for path in present) else _unlocked(folder, places)
    files = present if unlocked else [*present, *projects]
    # A lock names every package, so one without Django is of something else.
    usable = [path for path in files if path.name not in LOCKS or _names_django(folder, path.as_posix())]
    locks = [path for path in usable if path.name in LOCKS]
    if len({path.name for path in locks}) > 1:
        rule = f"there are {' and '.join(map(str, locks))}"
        findings.ask("dependencies", rule, "remove the one out of use", f'dependencies = "{locks[0]}"')
        return None
    if usable:
        rest = [str(path) for path in files if path not in (usable[0], *projects, *_included(folder, usable[0]))]
        beside = f"; {', '.join(rest)} beside it {'is' if len(rest) == 1 else 'are'} not read" if rest else ""
        findings.say(f"dependencies: {usable[0]}{beside}")
        return _read(folder, usable[0].as_posix(), findings)
    if files:
        findings.ask("dependencies", f"{files[0]} names no Django", "add Django and lock again", _elsewhere(folder))
    elif unlocked:
        findings.refuse(str(unlocked[0]), "has no lock file beside it", f"{unlocked[1]}, and commit the lock file")
    else:
        rule = f"there is none of {', '.join([*LOCKS, REQUIREMENTS[0], 'pyproject.toml'])}"
        findings.ask("dependencies", rule, "add requirements.txt", _elsewhere(folder))
    return None


def _elsewhere(folder: Path) -> str:
    """The line of hosting.toml for a requirements file that stands in another place."""
    found = [*sorted(folder.glob("*/requirements.txt")), *sorted(folder.glob("requirements/*.txt"))]
    name = found[0].relative_to(folder).as_posix() if found else "requirements/production.txt"
    return f'dependencies = "{name}"'


def _read(folder: Path, name: str, findings: Findings) -> tuple[Dependencies, Constraints] | None:
    if not (folder / name).is_file():
        fix = "name it from hosting.toml's folder"
        findings.refuse("hosting.toml: dependencies", "there is no such file", fix, name)
        return None
    dependencies = _dependencies(name)
    try:
        return dependencies, version_constraints(folder, dependencies)
    except UnreadableError as error:
        findings.refuse(name, str(error), "write it again with its tool, as UTF-8")
        return None


def _names_django(folder: Path, name: str) -> bool:
    """Whether a lock names Django. One that cannot be read counts, and is refused later."""
    try:
        return version_constraints(folder, _dependencies(name)).django is not None
    except UnreadableError:
        return True


def _included(folder: Path, path: Path) -> list[Path]:
    if path.suffix != ".txt":
        return []
    try:
        files = requirement_files(folder / path)
    except (OSError, ValueError):
        return []
    return [one.relative_to(folder) for one in files if one.is_relative_to(folder)]


def _dependencies(name: str) -> Dependencies:
    last = name.rpartition("/")[2]
    return Dependencies(kind="pyproject" if last == PROJECT else LOCKS.get(last, "requirements"), file=name)


def _unlocked(folder: Path, places: Iterable[Path]) -> tuple[Path, str] | None:
    """A file of Pipenv or Poetry that cannot be installed without its lock, and the command that locks."""
    for place in places:
        if (folder / place / "Pipfile").is_file():
            return place / "Pipfile", "pipenv lock"
        if "dependencies" in _toml_or_nothing(folder / place / PROJECT).get("tool", {}).get("poetry", {}):
            return place / PROJECT, "poetry lock"
    return None


def _has_dependencies(path: Path) -> bool:
    return bool(_toml_or_nothing(path).get("project", {}).get("dependencies"))


def _toml_or_nothing(path: Path) -> dict[str, Any]:
    try:
        return read_toml(path)
    except (OSError, ValueError):
        return {}
