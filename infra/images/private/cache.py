"""Cache of wheels, and of which index has a package, from a preview to the update. Entries appear complete."""

import contextlib
import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from packaging.utils import canonicalize_name, parse_wheel_filename

from infra.images.private import index, repository
from infra.images.private.model import Index, Package, PrivatePackagesError
from infra.images.private.target import Target
from infra.problem import Problem


def cached_owner(package: Package, cache: Path, environment: Mapping[str, str]) -> Index | None:
    """The first of a package's indexes that has it, as in uv, whatever higher version another index has.

    Asked once for each line and its indexes. Raises PrivatePackagesError.
    """
    answer = cache / f"{_digest(_line(package), [one.url for one in package.indexes])}.index"
    if not answer.is_file():
        owner = next((one for one in package.indexes if index.has(one, package.name, environment)), None)
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=cache, delete=False) as new:
            new.write(owner.url if owner else "")
        Path(new.name).replace(answer)
    url = answer.read_text()
    return next((one for one in package.indexes if one.url == url), None)


def cached_wheels(
    packages: Sequence[Package],
    target: Target,
    cache: Path,
    environment: Mapping[str, str],
    problems: list[Problem],
) -> list[tuple[Package, Path]]:
    """The wheels of these packages; those that are not cached come from their sources."""
    places = {package: cache / _key(package, target) for package in packages}
    together: dict[object, list[Package]] = {}
    for package, place in places.items():
        if not place.is_dir():
            key = package.repository or (package.indexes[0], bool(package.hashes))
            together.setdefault(key, []).append(package)
    cache.mkdir(parents=True, exist_ok=True)
    for group in together.values():
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            try:
                problems += _from_source(group, target, Path(scratch), environment)
            except PrivatePackagesError as error:
                problems += error.problems
            new = {parse_wheel_filename(path.name)[0]: path for path in Path(scratch).glob("*.whl")}
            for package in group:
                if package.name in new:
                    _keep(new[canonicalize_name(package.name)], places[package])
    return [(package, next(place.glob("*.whl"))) for package, place in places.items() if place.is_dir()]


def _from_source(
    group: Sequence[Package], target: Target, folder: Path, environment: Mapping[str, str]
) -> list[Problem]:
    first = group[0]
    if first.repository is None:
        return index.download(first.indexes[0], group, target, folder, environment)
    return repository.build(first, first.repository, target, folder, environment)


def _keep(wheel: Path, place: Path) -> None:
    """Move a wheel into the cache in one step, so that no other run reads a part of it."""
    new = Path(tempfile.mkdtemp(dir=wheel.parent))
    wheel.rename(new / wheel.name)
    with contextlib.suppress(OSError):  # another run was faster
        new.rename(place)


def _key(package: Package, target: Target) -> str:
    source = package.repository
    place = [source.url, source.reference, source.subdirectory] if source else [package.indexes[0].url]
    return _digest(_line(package), place, target.python, target.architecture)


def _line(package: Package) -> list[object]:
    return [package.name, package.specifier, sorted(package.hashes)]


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
