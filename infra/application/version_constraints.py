"""Constraints on the versions of Django and Python in the file with the dependencies."""

import json
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from infra.application.application import Dependencies
from infra.application.requirements_file import parsed, requirement_lines


class UnreadableError(ValueError):
    """A file with dependencies is not as its tool writes it."""


@dataclass(frozen=True, kw_only=True)
class Constraints:
    """Versions that a file with dependencies allows."""

    django: SpecifierSet | None
    """None when the file does not name Django."""
    python: SpecifierSet | None
    """None when it says nothing of Python."""

    @property
    def django_version(self) -> str | None:
        """The version of Django, when exactly one is allowed."""
        pins = [one.version for one in self.django or () if one.operator in {"==", "==="} and "*" not in one.version]
        return pins[0] if pins else None


def version_constraints(folder: Path, dependencies: Dependencies) -> Constraints:
    """Read the file. Raises UnreadableError."""
    path = folder / dependencies.file
    beside = path.with_name("pyproject.toml")
    try:
        project = read_toml(beside) if beside.is_file() else {}
    except (OSError, ValueError) as error:
        raise UnreadableError(f"has a pyproject.toml beside it that cannot be read: {error}") from None
    try:
        if dependencies.kind == "requirements":
            django = _specifiers_of_django(line for _, line in requirement_lines(path))
            return Constraints(django=django, python=_python_of(project))
        if dependencies.kind == "pyproject":
            django = _specifiers_of_django(project.get("project", {}).get("dependencies", []))
            return Constraints(django=django, python=_python_of(project))
        if dependencies.kind == "pipenv":
            return _pipenv(path)
        lock = read_toml(path)
        pinned = [one["version"] for one in lock.get("package", ()) if canonicalize_name(one["name"]) == "django"]
        python = lock.get("requires-python") or lock.get("metadata", {}).get("python-versions")
        return Constraints(
            django=SpecifierSet(f"=={pinned[0]}") if pinned else None,
            python=python_specifiers(python) if python else _python_of(project),
        )
    except (KeyError, TypeError, AttributeError, ValueError, OSError) as error:
        raise UnreadableError(f"cannot be read as a file of {dependencies.kind}: {error}") from None


def python_specifiers(text: str) -> SpecifierSet:
    """Versions of Python as pip writes them, also from Poetry's `^3.12`, `~3.12` and `3.12`. Raises ValueError."""
    parts = [_poetry_part(part.strip()) for part in text.split(",") if part.strip() not in {"", "*"}]
    try:
        return SpecifierSet(",".join(parts))
    except InvalidSpecifier as error:
        raise ValueError(str(error)) from None


def _poetry_part(part: str) -> str:
    caret = re.fullmatch(r"\^\s*(\d+)((?:\.\d+)*)", part)
    if caret:
        return f">={caret[1]}{caret[2]},<{int(caret[1]) + 1}"
    tilde = re.fullmatch(r"~\s*(\d+)\.(\d+)((?:\.\d+)*)", part)
    if tilde:
        return f">={tilde[1]}.{tilde[2]}{tilde[3]},<{tilde[1]}.{int(tilde[2]) + 1}"
    return f"=={part}" if part[0].isdigit() else part


def _specifiers_of_django(lines: Iterable[str]) -> SpecifierSet | None:
    found = (requirement for line in lines if (requirement := parsed(line)))
    return next((one.specifier for one in found if canonicalize_name(one.name) == "django"), None)


def _python_of(project: dict[str, Any]) -> SpecifierSet | None:
    text = project.get("project", {}).get("requires-python")
    text = text or project.get("tool", {}).get("poetry", {}).get("dependencies", {}).get("python")
    return python_specifiers(text) if text else None


def _pipenv(path: Path) -> Constraints:
    lock = json.loads(path.read_text())
    requires = lock["_meta"].get("requires", {})
    python = requires.get("python_version") or requires.get("python_full_version")
    django = next((one for name, one in lock["default"].items() if canonicalize_name(name) == "django"), None)
    return Constraints(
        django=SpecifierSet(django.get("version", "")) if django is not None else None,
        python=SpecifierSet(f"=={'.'.join(python.split('.')[:2])}.*") if python else None,
    )


def read_toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text())
