"""Wheels of an application's private packages, from the cache or from their sources."""

import hashlib
import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from infra.application.application import Application, Dependencies
from infra.application.requirements_file import requirement_files
from infra.images.private import repository
from infra.images.private.cache import cached_owner, cached_wheels
from infra.images.private.credentials import unset_variables
from infra.images.private.locks import of_pipenv, of_poetry, of_uv
from infra.images.private.model import Package, PrivatePackagesError
from infra.images.private.passwords import password_problems
from infra.images.private.requirements import applies, of_pyproject, of_requirements
from infra.images.private.target import Target
from infra.problem import Problem

CACHE = ".build-context.wheels"
"""Folder of the wheels, in the working directory of Pulumi; git ignores it, and it may be deleted at any time."""
LINES = "requirements.txt"
"""Name of the file with the lines of the wheels, beside them."""
_READERS = {
    "requirements": of_requirements,
    "uv": of_uv,
    "poetry": of_poetry,
    "pipenv": of_pipenv,
    "pyproject": of_pyproject,
}


@dataclass(frozen=True, kw_only=True)
class Wheels:
    """What the build installs instead of asking an index or a repository that it cannot reach."""

    files: Mapping[str, bytes]
    """The wheels by name, and LINES: `name==version --hash=sha256:…` for each. LINES alone when nothing is private."""
    found: tuple[str, ...]
    """A sentence for each package: where it came from."""


NO_WHEELS = Wheels(files={LINES: b""}, found=())


def application_wheels(application: Application, architecture: str, program: Path = Path()) -> Wheels:
    """The wheels for an application's Python on this architecture; the folder CACHE of the program keeps them.

    Raises PrivatePackagesError.
    """
    target = Target(application.python_version, architecture)
    return private_wheels(application.folder, application.dependencies, target, program / CACHE)


def private_wheels(
    folder: Path, dependencies: Dependencies, target: Target, cache: Path, environment: Mapping[str, str] | None = None
) -> Wheels:
    """Fetch the wheels of the private packages of the application in a folder.

    A package with the same version, hashes, source and target comes from the cache, without network and credentials.
    Raises PrivatePackagesError with everything that is wrong.
    """
    variables = os.environ if environment is None else environment
    if passwords := list(password_problems(folder, _files(folder, dependencies))):
        raise PrivatePackagesError(passwords)
    named = list(
        {one.name: one for one in _READERS[dependencies.kind](folder, dependencies.file, target.markers)}.values()
    )
    fetched: dict[str, tuple[Package, Path]] = {}
    problems: list[Problem] = []
    waiting = named
    while waiting:
        located = list(_located(waiting, cache, variables, problems))
        found = cached_wheels(located, target, cache, variables, problems)
        fetched |= {package.name: (package, wheel) for package, wheel in found}
        further = {one.name: one for package, wheel in found for one in _further(package, wheel, named, target)}
        waiting = [one for name, one in further.items() if name not in fetched]
    if problems:
        raise PrivatePackagesError(_together(problems))
    return Wheels(
        files=_files_of({name: wheel for name, (_, wheel) in fetched.items()}),
        found=tuple(_sentence(*one) for one in fetched.values()),
    )


def _together(problems: list[Problem]) -> list[Problem]:
    """One problem for all packages that have the same."""
    names: dict[tuple[str, str], list[str]] = {}
    for one in problems:
        names.setdefault((one.rule, one.fix), []).append(one.key)
    return [Problem(", ".join(keys), None, rule, fix) for (rule, fix), keys in names.items()]


def _files(folder: Path, dependencies: Dependencies) -> list[str]:
    """Files that may hold URLs."""
    if dependencies.kind == "requirements":
        return [str(path.relative_to(folder)) for path in requirement_files(folder / dependencies.file)]
    return [name for name in (dependencies.file, dependencies.source) if name and (folder / name).is_file()]


def _located(
    packages: Sequence[Package], cache: Path, environment: Mapping[str, str], problems: list[Problem]
) -> Iterator[Package]:
    """Packages that do not come from the default index, with the source that each comes from."""
    for package in packages:
        sources = [package.repository] if package.repository else list(package.indexes)
        if unset := [name for source in sources for name in unset_variables(source, environment)]:
            rule = f"{package.file} names variables in a URL, and the environment has no {', '.join(unset)}"
            problems.append(Problem(package.name, None, rule, f"export {' '.join(unset)}"))
            continue
        try:
            if located := _at_its_source(package, cache, environment):
                yield located
        except PrivatePackagesError as error:
            problems += error.problems


def _at_its_source(package: Package, cache: Path, environment: Mapping[str, str]) -> Package | None:
    if package.repository:
        return repository.pinned(package, package.repository, environment)
    if package.certain and len(package.indexes) == 1:
        return package
    owner = cached_owner(package, cache, environment)
    if owner is None and package.certain:
        owner = package.indexes[-1]
    return replace(package, indexes=(owner,)) if owner else None


def _sentence(package: Package, wheel: Path) -> str:
    if package.repository:
        return f"{package.name} from {package.repository.url}, commit {package.repository.reference[:10]}"
    return f"{package.name} {parse_wheel_filename(wheel.name)[1]} from {package.indexes[0].url}"


def _further(package: Package, wheel: Path, named: list[Package], target: Target) -> Iterator[Package]:
    """Packages that a wheel needs and no line names, as far as an index other than the default may have them.

    A lock names all; a list without hashes may leave out what its packages bring.
    """
    open_ones = [one for one in named if not one.locked]
    if not open_ones:
        return
    known = {one.name for one in named}
    for text in _metadata(wheel).get_all("Requires-Dist", []):
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        if name not in known and not requirement.url and applies(requirement.marker, target.markers, package.extras):
            extras = tuple(sorted(requirement.extras))
            yield replace(open_ones[0], name=name, specifier=str(requirement.specifier), extras=extras)


def _metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        name = next(one for one in archive.namelist() if one.endswith(".dist-info/METADATA"))
        return HeaderParser().parsestr(archive.read(name).decode())


def _files_of(fetched: Mapping[str, Path]) -> dict[str, bytes]:
    contents = {path.name: path.read_bytes() for _, path in sorted(fetched.items())}
    checksums = {path: hashlib.sha256(contents[path.name]).hexdigest() for path in fetched.values()}
    lines = [
        f"{name}=={parse_wheel_filename(path.name)[1]} --hash=sha256:{checksums[path]}\n"
        for name, path in sorted(fetched.items())
    ]
    return {**contents, LINES: "".join(lines).encode()}
