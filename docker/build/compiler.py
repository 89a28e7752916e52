"""What packages need that are compiled: Debian's compiler in the build, the libraries that they link in the image."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

BUILD = Path("/build")
PACKAGES = ("g++", "git", "make", "pkgconf", "libpq-dev", "default-libmysqlclient-dev")
"""Installed only for a package that is not to be had without: they take half a minute and 400 MB."""
NEEDED = r"(?i)failed to (download and )?build|build backend|git executable not found"
"""How uv says that a package cannot be built."""


def install() -> bool:
    """Install the compiler, and say whether it is there."""
    print("A package has to be built: installing", *PACKAGES, flush=True)  # noqa: T201
    return subprocess.run(["sh", BUILD / "packages.sh", *PACKAGES], check=False).returncode == 0


def libraries(environment: Path) -> list[str]:
    """Debian packages of the libraries that the environment's files are linked with, without those of the base image.

    A package that uv has compiled before comes from its cache, so its libraries may not be in this build yet.
    """
    files = [path for path in environment.rglob("*") if path.is_file() and _is_elf(path)]
    bundled = {path.name for path in files}
    found = dict(_linked(files))
    if any(place is None and name not in bundled for name, place in found.items()) and install():
        found = dict(_linked(files))
    base = set((BUILD / "base-packages.txt").read_text().split())
    places = [place for place in found.values() if place is not None and not place.is_relative_to(environment)]
    return sorted({package for place in places for package in _packages(place)} - base)


def _is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def _linked(files: list[Path]) -> Iterator[tuple[str, Path | None]]:
    """Names of libraries with their files, None for a missing one."""
    for line in _output("ldd", *files).splitlines() if files else ():
        name, arrow, place = (part.strip() for part in line.partition("=>"))
        if arrow:
            yield name, Path(place.split(" (")[0]).resolve() if place.startswith("/") else None


def _packages(library: Path) -> list[str]:
    """The Debian package of a file; none for one that was put there otherwise."""
    # Debian 12 lists files of /usr/lib as those of /lib.
    places = (str(library), str(library).removeprefix("/usr"))
    return [line.split(":")[0] for place in places for line in _output("dpkg-query", "--search", place).splitlines()]


def _output(*command: str | Path) -> str:
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout
