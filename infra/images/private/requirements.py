"""Private packages in requirements files, and in pyproject.toml without a lock."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from infra.application.requirements_file import parsed, requirement_lines
from infra.application.version_constraints import read_toml
from infra.images.private.model import DEFAULT_HOSTS, Index, Package, Repository
from infra.images.private.passwords import without_login

_INDEX = re.compile(r"^(?P<option>-i|--index-url|--extra-index-url)[ =]+(?P<url>\S+)")
_HASH = re.compile(r"--hash[= ](\S+)")
_GIT = re.compile(
    r"^(?:-e\s+|--editable[ =])?(?:(?P<name>[\w.-]+)\s*(?:\[[^]]*])?\s*@\s*)?git\+(?P<url>[^\s;]+)"
    r"(?:\s*;\s*(?P<marker>.+))?"
)


def of_requirements(folder: Path, file: str, target: Mapping[str, str]) -> list[Package]:
    """Packages of a requirements file that may be private; an index holds for the included files too."""
    lines = [(str(path.relative_to(folder)), line) for path, line in requirement_lines(folder / file)]
    primary: list[Index | None] = [None]
    extra: list[Index | None] = []
    for _, line in lines:
        if match := _INDEX.match(line):
            (extra if match["option"] == "--extra-index-url" else primary).append(index_of(match["url"]))
    return [one for name, line in lines if (one := _package(name, line, [*extra, primary[-1]], target))]


def of_pyproject(folder: Path, file: str, target: Mapping[str, str]) -> list[Package]:
    """Packages of pyproject.toml that may be private, by uv's tables of indexes and sources."""
    content = read_toml(folder / file)
    uv = content.get("tool", {}).get("uv", {})
    indexes = {one.get("name", one["url"]): one for one in uv.get("index", [])}
    named = {name: index_of(one["url"], name) for name, one in indexes.items()}
    shared = [named[name] for name, one in indexes.items() if not one.get("explicit") and not one.get("default")]
    default = [named[name] for name, one in indexes.items() if one.get("default")]
    sources = {canonicalize_name(name): source for name, source in uv.get("sources", {}).items()}
    found = []
    for line in content.get("project", {}).get("dependencies", []):
        package = _package(file, line, [*shared, *(default or [None])], target)
        requirement = parsed(line)
        source = sources.get(canonicalize_name(requirement.name)) if requirement else None
        if requirement and isinstance(source, dict) and applies(requirement.marker, target):
            package = _from_source(file, requirement, source, named) or package
        if package:
            found.append(package)
    return found


def index_of(url: str, name: str = "") -> Index | None:
    """The index at a URL; None for the default one."""
    plain, login = without_login(url)
    return None if urlsplit(plain).hostname in DEFAULT_HOSTS else Index(url=plain.rstrip("/"), name=name, login=login)


def repository_of(url: str, reference: str = "", subdirectory: str = "") -> Repository:
    """A git repository by a URL as pip writes it: `https://host/path@reference#subdirectory=…`."""
    place, _, fragment = url.removeprefix("git+").partition("#")
    plain, login = without_login(place)
    path = urlsplit(plain).path
    if "@" in path:
        plain, _, reference = plain.rpartition("@")
    inside = parse_qs(fragment).get("subdirectory", [subdirectory])[0]
    return Repository(url=plain, reference=reference, subdirectory=inside, login=login)


def applies(marker: Marker | None, target: Mapping[str, str], extras: Iterable[str] = ()) -> bool:
    """Whether a requirement is for the image's Python, with some extra of the package that has it."""
    return marker is None or any(marker.evaluate({**target, "extra": extra}) for extra in ("", *extras))


def _package(file: str, line: str, indexes: list[Index | None], target: Mapping[str, str]) -> Package | None:
    if match := _GIT.match(line):
        egg = parse_qs(urlsplit(match["url"]).fragment).get("egg", [""])[0].partition("[")[0]
        name = match["name"] or egg
        marker = Marker(match["marker"]) if match["marker"] else None
        known = bool(name) and applies(marker, target)
        return (
            Package(name=canonicalize_name(name), file=file, repository=repository_of(match["url"])) if known else None
        )
    asked = tuple(one for one in indexes if one)
    requirement = parsed(line)
    if not asked or requirement is None or requirement.url or not applies(requirement.marker, target):
        return None
    return Package(
        name=canonicalize_name(requirement.name),
        file=file,
        indexes=asked,
        specifier=str(requirement.specifier),
        extras=tuple(sorted(requirement.extras)),
        hashes=tuple(_HASH.findall(line)),
        certain=None not in indexes,
        locked=bool(_HASH.search(line)),
    )


def _from_source(
    file: str, requirement: Requirement, source: Mapping[str, Any], named: Mapping[str, Index | None]
) -> Package | None:
    name = canonicalize_name(requirement.name)
    if "git" in source:
        reference = source.get("rev") or source.get("tag") or source.get("branch") or ""
        return Package(
            name=name, file=file, repository=repository_of(source["git"], reference, source.get("subdirectory", ""))
        )
    index = named.get(source.get("index", ""))
    return Package(name=name, file=file, indexes=(index,), specifier=str(requirement.specifier)) if index else None
