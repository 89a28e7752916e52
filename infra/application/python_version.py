"""Chooses the application's Python version: what it names, if Django supports it."""

import re
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from infra.application.findings import Findings
from infra.application.manifest import FILE, Manifest
from infra.application.version_constraints import Constraints

SUPPORTED_BY_DJANGO = {
    "4.2": ("3.8", "3.9", "3.10", "3.11", "3.12"),
    "5.0": ("3.10", "3.11", "3.12"),
    "5.1": ("3.10", "3.11", "3.12", "3.13"),
    "5.2": ("3.10", "3.11", "3.12", "3.13", "3.14"),
    "6.0": ("3.12", "3.13", "3.14"),
    "6.1": ("3.12", "3.13", "3.14", "3.15"),
}
"""https://docs.djangoproject.com/en/dev/faq/install/#what-python-version-can-i-use-with-django"""
PLATFORM = ("3.10", "3.11", "3.12", "3.13", "3.14")
"""What packages/django-hosting runs on."""
PREFERRED = "3.13"
"""Of several that are possible: the version that the platform is tested with, and that packages have wheels for."""


def choose_python(folder: Path, root: str, manifest: Manifest, versions: Constraints, findings: Findings) -> str | None:
    """The minor version to run; None after a problem."""
    series = _django_series(versions, findings)
    if series is None:
        return None
    possible = [one for one in PLATFORM if any(one in SUPPORTED_BY_DJANGO[django] for django in series)]
    named = _named(folder, root, manifest, findings)
    if named is not None:
        version, where = named
        return _accepted(version, where, possible, series, versions, findings)
    allowed = [one for one in possible if versions.python is None or _allows(versions.python, one)]
    if not allowed:
        rule = f"allows none of {', '.join(possible)}, which Django {_names(series)} supports"
        findings.refuse("requires-python", rule, "change it, and lock again", str(versions.python))
        return None
    version = PREFERRED if PREFERRED in allowed else allowed[-1]
    why = f"requires-python {versions.python} allows it" if versions.python else "no file names another"
    findings.say(f"Python: {version}; {why}, and Django {_names(series)} supports it")
    return version


def _django_series(versions: Constraints, findings: Findings) -> list[str] | None:
    """The series of Django that may be installed."""
    if versions.django is None:
        findings.say("Django: not in the file with the dependencies, so another package has to bring it")
        return list(SUPPORTED_BY_DJANGO)
    pinned = versions.django_version
    if pinned is None:
        series = [one for one in SUPPORTED_BY_DJANGO if _may_be(versions.django, one)]
        findings.say(f"Django: {versions.django or 'any version'}, not pinned; each build installs the newest")
    else:
        release = Version(pinned).release
        series = [one for one in SUPPORTED_BY_DJANGO if one == ".".join(map(str, (*release, 0)[:2]))]
        findings.say(f"Django: {pinned}")
    if not series:
        first, last = next(iter(SUPPORTED_BY_DJANGO)), list(SUPPORTED_BY_DJANGO)[-1]
        rule = f"is outside of {first} to {last}, which the platform supports"
        findings.refuse("Django", rule, "upgrade Django in the project", str(versions.django))
        return None
    return series


def _may_be(specifiers: SpecifierSet, series: str) -> bool:
    """Whether some release of a series satisfies the specifiers."""
    return any(specifiers.contains(f"{series}.{patch}") for patch in range(100))


def _named(folder: Path, root: str, manifest: Manifest, findings: Findings) -> tuple[str, str] | None:
    """The version that the project names for all who run it, and the file that does."""
    if manifest.python is not None:
        return manifest.python, FILE
    for name in (".python-version", "runtime.txt"):
        for place in dict.fromkeys([folder, folder / root]):
            if not (place / name).is_file():
                continue
            lines = [line.strip() for line in (place / name).read_text(errors="replace").splitlines()]
            text = next((line for line in lines if line and line[0] != "#"), "")
            version = re.fullmatch(r"(?:c?python[-@])?(3\.\d+)(?:\.\d+)?", text)
            if version:
                return version[1], name
            findings.say(f'{name}: "{text}" is not a version of Python, so it is not used')
    return None


def _accepted(
    version: str, where: str, possible: list[str], series: list[str], versions: Constraints, findings: Findings
) -> str | None:
    newest = PREFERRED if PREFERRED in possible else possible[-1]
    if version not in possible:
        rule = f"Django {_names(series)} on this platform runs with {', '.join(possible)}"
        findings.ask(where, rule, f"name Python {newest} there", f'python = "{newest}"', version)
        return None
    if versions.python is not None and not _allows(versions.python, version):
        findings.refuse(where, f"requires-python is {versions.python}", "make both agree", version)
        return None
    findings.say(f"Python: {version}, from {where}")
    return version


def _allows(specifiers: SpecifierSet, minor: str) -> bool:
    """Whether some release of a minor version satisfies the specifiers."""
    return any(specifiers.contains(f"{minor}.{patch}") for patch in range(100))


def _names(series: list[str]) -> str:
    return series[0] if len(series) == 1 else f"{series[0]} to {series[-1]}"
