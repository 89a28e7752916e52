"""Private packages in the locks of uv, Poetry and Pipenv."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from infra.application.version_constraints import read_toml
from infra.images.private.model import Index, Package
from infra.images.private.requirements import applies, index_of, repository_of


def of_uv(folder: Path, file: str, target: Mapping[str, str]) -> list[Package]:
    """Packages of uv.lock that the project needs without its groups, and that another source than the default has."""
    lock, project = read_toml(folder / file), read_toml((folder / file).with_name("pyproject.toml"))
    names = {one["url"].rstrip("/"): one.get("name", "") for one in _uv(project).get("index", [])}
    return [one for entry in _needed(lock, target) if (one := _of_uv(file, entry, names))]


def of_poetry(folder: Path, file: str, target: Mapping[str, str]) -> list[Package]:
    """Packages of poetry.lock outside of groups that another source than the default has."""
    found = []
    for entry in read_toml(folder / file).get("package", []):
        source, marker = entry.get("source", {}), entry.get("markers")
        marker = marker.get("main") if isinstance(marker, dict) else marker
        if "main" not in entry.get("groups", ["main"]) or not applies(Marker(marker) if marker else None, target):
            continue
        name = canonicalize_name(entry["name"])
        if source.get("type") == "git":
            commit = source.get("resolved_reference") or source.get("reference", "")
            repository = repository_of(source["url"], commit, source.get("subdirectory") or "")
            found.append(Package(name=name, file=file, repository=repository))
        elif source.get("type") == "legacy" and (index := index_of(source["url"], source.get("reference", ""))):
            hashes = tuple(one["hash"] for one in entry.get("files", []))
            found.append(_locked(name, file, index, f"=={entry['version']}", hashes))
    return found


def of_pipenv(folder: Path, file: str, target: Mapping[str, str]) -> list[Package]:
    """Packages of [packages] in Pipfile.lock that another source than the default has."""
    lock = json.loads((folder / file).read_text())
    sources = lock.get("_meta", {}).get("sources", [])
    named = {one["name"]: index_of(one["url"], one["name"]) for one in sources}
    first = sources[0]["name"] if sources else ""
    found = []
    for given, entry in lock.get("default", {}).items():
        name = canonicalize_name(given)
        if not applies(Marker(entry["markers"]) if entry.get("markers") else None, target):
            continue
        if "git" in entry:
            repository = repository_of(entry["git"], entry.get("ref", ""), entry.get("subdirectory", ""))
            found.append(Package(name=name, file=file, repository=repository))
        # Pipenv writes `*` for a package that it could not install where it locked, such as one for Windows.
        elif entry.get("version", "*") != "*" and (index := named.get(entry.get("index", first))):
            found.append(_locked(name, file, index, entry["version"], tuple(entry.get("hashes", []))))
    return found


def _locked(name: str, file: str, index: Index, specifier: str, hashes: tuple[str, ...]) -> Package:
    return Package(name=name, file=file, indexes=(index,), specifier=specifier, hashes=hashes)


def _uv(project: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = project.get("tool", {}).get("uv", {})
    return found


def _of_uv(file: str, entry: Mapping[str, Any], names: Mapping[str, str]) -> Package | None:
    source, name = entry["source"], canonicalize_name(entry["name"])
    if "git" in source:
        place = urlsplit(source["git"])
        inside = parse_qs(place.query).get("subdirectory", [""])[0]
        # uv writes the commit as the fragment.
        repository = repository_of(place._replace(query="", fragment="").geturl(), place.fragment, inside)
        return Package(name=name, file=file, repository=repository)
    place = source.get("registry", "")
    if not place or (index := index_of(place, names.get(place.rstrip("/"), ""))) is None:
        return None
    files = [*entry.get("wheels", []), *([entry["sdist"]] if "sdist" in entry else [])]
    return _locked(name, file, index, f"=={entry['version']}", tuple(one["hash"] for one in files if "hash" in one))


def _needed(lock: Mapping[str, Any], target: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    """Entries of uv.lock that the project's own dependencies lead to on the image's platform."""
    entries: list[Mapping[str, Any]] = lock.get("package", [])
    roots = [one for one in entries if "." in (one["source"].get("virtual"), one["source"].get("editable"))]
    waiting: list[tuple[Mapping[str, Any], tuple[str, ...]]] = [(one, ()) for one in roots]
    seen: set[tuple[int, tuple[str, ...]]] = set()
    given: set[int] = set()
    while waiting:
        entry, extras = waiting.pop()
        if (id(entry), extras) in seen:
            continue
        seen.add((id(entry), extras))
        if id(entry) not in given and entry not in roots:
            given.add(id(entry))
            yield entry
        optional = entry.get("optional-dependencies", {})
        for one in [*entry.get("dependencies", []), *(dep for extra in extras for dep in optional.get(extra, []))]:
            if applies(Marker(one["marker"]) if "marker" in one else None, target):
                waiting += [(match, tuple(one.get("extra", []))) for match in entries if _is(match, one)]


def _is(entry: Mapping[str, Any], dependency: Mapping[str, Any]) -> bool:
    return all(entry.get(key) == dependency[key] for key in ("name", "version", "source") if key in dependency)
