"""Requirements files, as pip reads them."""

import re
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

_FILE = re.compile(r"(?:-r|--requirement|(?P<constraint>-c|--constraint))[ =]*(?P<name>\S+)")


def logical_lines(text: str) -> list[str]:
    """Lines without comments and empty ones; a backslash at the end of a line continues it."""
    lines = text.replace("\\\n", " ").splitlines()
    return [line for raw in lines if (line := re.sub(r"(^|\s)#.*", "", raw).strip())]


def included_file(line: str, *, constraints: bool = False) -> str | None:
    """The requirements file that a line includes, or on demand the constraints file."""
    found = _FILE.match(line)
    return found["name"] if found and (constraints or not found["constraint"]) else None


def requirement_lines(path: Path, seen: dict[Path, None] | None = None) -> Iterator[tuple[Path, str]]:
    """Each line of a file and of those that it includes, with its file, in pip's order; `seen` collects the files.

    Raises OSError and ValueError for a file that cannot be read.
    """
    seen = {} if seen is None else seen
    if path in seen:
        return
    seen[path] = None
    for line in logical_lines(path.read_text(encoding="utf-8-sig")):
        yield path, line
        if name := included_file(line):
            yield from requirement_lines(path.parent / name, seen)


def requirement_files(path: Path) -> list[Path]:
    """A file and those that it includes. Raises OSError and ValueError for one that cannot be read."""
    seen: dict[Path, None] = {}
    for _ in requirement_lines(path, seen):
        pass
    return list(seen)


def parsed(line: str) -> Requirement | None:
    """The requirement of a line; None for an option, a path and a bare URL."""
    try:
        return Requirement(re.split(r"\s--hash[= ]", line)[0])
    except InvalidRequirement:
        return None
