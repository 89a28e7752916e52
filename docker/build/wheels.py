"""An application's requirements with wheels in the place of packages that only the fetching machine reaches.

The folder of the wheels has requirements.txt, with `name==version --hash=sha256:…` for each (infra/images/private).
"""

import re
from collections.abc import Iterator
from pathlib import Path

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10, whose pip has a copy of the same module
    from pip._vendor import tomli as tomllib  # type: ignore[no-redef,import-not-found]

WITH_WHEELS = ".with-wheels.txt"
"""How the name of such a file ends."""
_INDEX = re.compile(r"^(-i|--index-url|--extra-index-url|--trusted-host)\b")
_INCLUDE = re.compile(r"^(?:-r|--requirement)[ =]*(\S+)")
_EXTRAS_AND_MARKER = r"(?P<extras>\[[^]]*\])?{}(?:\s*;\s*(?P<marker>.*?))?(?:\s*--hash.*)?$"
_REQUIREMENT = re.compile(r"^(?P<name>[A-Za-z0-9][\w.-]*)\s*" + _EXTRAS_AND_MARKER.format(r"[^;]*?"))
_EGG = re.compile(r"^(?:-e\s+|--editable[ =])?git\+\S*?[#&]egg=(?P<name>[\w.-]+)" + _EXTRAS_AND_MARKER.format(r"\S*"))


def with_wheels(file: Path, wheels: Path) -> Path:
    """A file beside `file` that installs the wheels where it names their packages; `file` itself without wheels.

    A wheel is named by its path, so that no package of the same name and version in an index takes its place.
    """
    lines = (wheels / "requirements.txt").read_text().splitlines()
    if not lines:
        return file
    given = [line for line in logical_lines(file) if not _INDEX.match(line)]
    fetched = {name_of(line) for line in lines}
    others = [line for line in given if package_of(line) not in fetched and not line.startswith("-")]
    # An installer that finds one hash may ask for all.
    hashed = not others or any("--hash" in line for line in others)
    checksums = {name_of(line): line.partition(" ")[2] if hashed else "" for line in lines}
    paths = {name_of(path.name.partition("-")[0]): path.resolve().as_uri() for path in wheels.glob("*.whl")}
    pins = {name: f"{paths[name]}{{}} {checksum}" for name, checksum in checksums.items()}
    # What only a wheel needs has no line yet.
    further = sorted(fetched - {package_of(line) for line in given})
    new = file.with_name(f"{file.name}{WITH_WHEELS}")
    new.write_text("".join(f"{replaced(line, pins)}\n" for line in (*given, *further)))
    return new


def package_of(line: str) -> str:
    """The normalized name of the package that a line asks for; empty for a line that asks for none by name."""
    found = _parsed(line)
    return name_of(found["name"]) if found else ""


def replaced(line: str, pins: dict[str, str]) -> str:
    """The wheel of the line's package, with the line's extras and marker; the line itself without a wheel."""
    found = _parsed(line)
    if found is None or name_of(found["name"]) not in pins:
        return line
    name = name_of(found["name"])
    marker = f" ; {found['marker'].strip()}" if found["marker"] else ""
    return f"{name}{found['extras'] or ''} @ {pins[name].format(marker)}".rstrip()


def _parsed(line: str) -> "re.Match[str] | None":
    return _EGG.match(line) or _REQUIREMENT.match(line)


def logical_lines(file: Path) -> Iterator[str]:
    """Lines of a requirements file and of those that it includes, or the dependencies of pyproject.toml."""
    if file.name == "pyproject.toml":
        yield from tomllib.loads(file.read_text())["project"]["dependencies"]
        return
    for raw in file.read_text().replace("\\\n", " ").splitlines():
        line = re.sub(r"(^|\s)#.*", "", raw).strip()
        include = _INCLUDE.match(line)
        if include:
            yield from logical_lines(file.parent / include[1])
        elif line:
            yield line


def name_of(requirement: str) -> str:
    """The normalized name at the begin of a requirement."""
    (name,) = re.findall(r"^[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", name).lower()
