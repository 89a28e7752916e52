"""The files of an application that its dependencies are installed from.

They are a folder of their own in the build context, so that a change of code installs nothing again.
"""

import posixpath
import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from infra.application.application import Dependencies
from infra.application.requirements_file import included_file, logical_lines

Read = Callable[[str], str]
"""Text of a file of the application, by name."""

_LOCAL_PACKAGE = {
    "requirements": re.compile(r"^\s*(?:-e\b|--editable\b|\.{1,2}(?:/|\[|\s|$)|file:|\S+\s*@\s*file:)", re.M),
    "uv": re.compile(r'source = \{ (?:editable|directory|virtual|path) = "(?!\.")', re.M),
    "poetry": re.compile(r'^type = "(?:directory|file)"', re.M),
    "pipenv": re.compile(r'^\s*"(?:path|file)": ', re.M),
    "pyproject": re.compile(r'^dynamic\s*=.*"dependencies"|@ file:', re.M),
}
"""A package among the application's own files."""


def dependency_files(dependencies: Dependencies, names: list[str], read: Read) -> list[str]:
    """Those of the application's files that the installation of its packages reads.

    All of them when one of the packages is among them: what such a package consists of is known to its build only.
    """
    found = [dependencies.file, *([dependencies.source] if dependencies.source in names else [])]
    if dependencies.kind == "requirements":
        found = list(dict.fromkeys(_requirements(dependencies.file, names, read)))
    if any(_LOCAL_PACKAGE[dependencies.kind].search(read(name)) for name in found if name in names):
        return names
    return found


def _requirements(name: str, names: list[str], read: Read, depth: int = 0) -> Iterator[str]:
    """A requirements file, those that it includes, and the one that it was compiled from."""
    yield name
    source = PurePosixPath(name).with_suffix(".in").as_posix()
    if source in names:
        yield source
    if name not in names or depth > 10:
        return
    for line in logical_lines(read(name)):
        further = included_file(line, constraints=True)
        inside = _normalized(PurePosixPath(name).parent / further) if further else None
        if inside is not None:
            yield from _requirements(inside, names, read, depth + 1)


def _normalized(path: PurePosixPath) -> str | None:
    """The path without `..`; None for a URL or a file outside of the application."""
    text = posixpath.normpath(path)
    return None if re.match(r"(https?|file):|/|\.\.(/|$)", text) else text
