"""Install the application's packages, then the platform's beside them: `install.py KIND FILE EXTRAS`, in the build.

KIND and FILE name what the application has, in the working folder: `requirements requirements.txt`, `uv uv.lock`,
`poetry poetry.lock`, `pipenv Pipfile.lock` or `pyproject pyproject.toml`. A lock that is older than what it was made
from is refused by the tool that made it. EXTRAS are those of django-hosting, separated by commas. No package that the
application has changes its version for the platform.
"""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10, whose pip has a copy of the same module
    from pip._vendor import tomli as tomllib  # type: ignore[no-redef,import-not-found]

import compiler
from wheels import WITH_WHEELS, name_of, with_wheels

BUILD = Path("/build")
PYTHON = Path("/opt/venv/bin/python")
TOOLS = BUILD / "tools/bin"
EXPORTED = BUILD / "exported.txt"
PLATFORM = BUILD / "django-hosting"
INSTALLED_BY_THE_PLATFORM = BUILD / "installed-by-the-platform.txt"
"""One name a line; prune.py reads it."""
LIBRARIES = BUILD / "libraries.txt"
"""Debian packages that the image needs beside those of hosting.toml."""
CODE = "/opt/django-hosting"
"""The folder of django_hosting in the image."""
MARK = "# requirements.in sha256: "
"""First line of a requirements.txt that says what it was compiled from; others have no way to be stale."""
POSTGRESQL_DRIVERS = {"psycopg2", "psycopg2-binary", "psycopg-binary", "psycopg-c"}
"""Any of them connects, and Django takes psycopg 3 when it finds both."""


class InstallError(Exception):
    """What is wrong with the application's packages, and what to do."""


def main(kind: str, file: str, extras: str) -> None:
    """Install everything and write INSTALLED_BY_THE_PLATFORM and LIBRARIES."""
    install_project(kind, Path(file))
    project = installed()
    if "django" not in project:
        raise InstallError(f"{file}: Django is not among its packages. Add it, and lock again.")
    install_platform(extras.split(","), project)
    added = sorted(set(installed()) - set(project))
    INSTALLED_BY_THE_PLATFORM.write_text("".join(f"{name}\n" for name in added))
    LIBRARIES.write_text(" ".join(compiler.libraries(PYTHON.parents[1])))


def install_project(kind: str, file: Path) -> None:
    """Install what the application's file names."""
    if kind == "requirements":
        refuse_stale_requirements(file)
    exported = {"uv": export_from_uv, "poetry": export_from_poetry, "pipenv": export_from_pipenv}
    requirements = with_wheels(exported[kind](file) if kind in exported else file, BUILD / "wheels")
    hashed = ("--require-hashes",) if re.search(r"--hash[= ]", requirements.read_text()) else ()
    fix = (
        f"{file}: its packages cannot be installed, see above. For one that needs git or a library to compile, "
        'hosting.toml names Debian packages: [build] system_packages = ["git", "libxmlsec1-dev"]'
    )
    # pyproject.toml may name an index that only the machine reaches which fetched the wheels.
    own = ("--no-config",) if requirements.name.endswith(WITH_WHEELS) else ()
    command = ("pip", "install", "--no-progress", *own, *hashed, "--requirement", requirements)
    uv(*command, folder=file.parent, fix=fix)


def refuse_stale_requirements(file: Path) -> None:
    """Compare the file with the requirements.in that its first line names, if it does."""
    source = file.with_suffix(".in")
    first = file.read_text().partition("\n")[0]
    if first.startswith(MARK) and first != MARK + hashlib.sha256(source.read_bytes()).hexdigest():
        raise InstallError(f"{file} is older than {source}: lock again")


def export_from_uv(lock: Path) -> Path:
    """The packages of uv.lock but those of the group `dev`."""
    options = ("--locked", "--no-dev", "--no-emit-project", "--no-editable", "--no-header", "--quiet")
    fix = f"{lock}: cannot be installed, see above. If it is older than pyproject.toml, run: uv lock"
    uv("export", *options, "--output-file", EXPORTED, folder=lock.parent, fix=fix)
    return EXPORTED


def export_from_poetry(lock: Path) -> Path:
    """The packages of poetry.lock but those of groups."""
    fix = f"{lock}: cannot be installed, see above. If it is older than pyproject.toml, run: poetry lock"
    command = ("export", "--no-interaction", "--no-ansi", "--format", "requirements.txt", "--output", EXPORTED)
    run(TOOLS / "poetry", *command, folder=lock.parent, fix=fix)
    return EXPORTED


def export_from_pipenv(lock: Path) -> Path:
    """The packages of Pipfile.lock but those of [dev-packages]."""
    run(TOOLS / "pipenv", "verify", folder=lock.parent, fix=f"{lock} is older than Pipfile. Run: pipenv lock")
    fix = f"{lock}: cannot be read, see above"
    EXPORTED.write_text(run(TOOLS / "pipenv", "requirements", "--hash", folder=lock.parent, fix=fix, capture=True))
    return EXPORTED


def install_platform(extras: list[str], project: dict[str, str]) -> None:
    """Install what the extras of django-hosting ask for, at the versions of its lock and of the project's packages."""
    about = tomllib.loads((PLATFORM / "pyproject.toml").read_text())["project"]
    wanted = wanted_by(about["optional-dependencies"], extras)
    if POSTGRESQL_DRIVERS & set(project):
        wanted = [one for one in wanted if name_of(one) != "psycopg"]
    constraints = BUILD / "constraints.txt"
    pinned = [f"{name}=={version}" for name, version in project.items()]
    constraints.write_text("\n".join([*pinned, *platform_lock(project)]))
    (BUILD / "platform.txt").write_text("\n".join(wanted))
    write_metadata(about["version"], wanted)
    fix = (
        "The application's packages and the platform's cannot be installed together, see above. Versions of the "
        "application that stay as they are: "
        + (", ".join(one for one in pinned if name_of(one) in map(name_of, wanted)) or "all of them")
        + f". The platform needs: {', '.join(wanted)}. Let the application's file allow these versions."
    )
    arguments = ("--requirement", BUILD / "platform.txt", "--constraint", constraints)
    uv("pip", "install", "--no-progress", *arguments, folder=BUILD, fix=fix)
    uv("pip", "check", folder=BUILD, fix="Packages do not fit together, see above. Change their versions.")


def wanted_by(optional: dict[str, list[str]], extras: list[str]) -> list[str]:
    """The requirements of these extras; one that names another extra of the package stands for it."""
    found: list[str] = []
    for extra in extras:
        for requirement in optional[extra]:
            inner = re.fullmatch(r"django-hosting\[([a-z0-9,-]+)\]", requirement)
            found += wanted_by(optional, inner[1].split(",")) if inner else [requirement]
    return list(dict.fromkeys(found))


def platform_lock(project: dict[str, str]) -> list[str]:
    """The entries of the platform's lock, with their hashes, for packages that the project does not have."""
    # psycopg-binary has the version of psycopg.
    taken = {*project, *(("psycopg-binary",) if "psycopg" in project else ())}
    entries = re.split(r"\n(?=\S)", (PLATFORM / "platform.txt").read_text())
    return [entry for entry in entries if not entry.startswith("#") and name_of(entry) not in taken]


def write_metadata(version: str, wanted: list[str]) -> None:
    """Make django_hosting a package that is installed: `uv pip check` and the list of packages know it."""
    (packages,) = Path("/opt/venv/lib").glob("python3*/site-packages")
    (packages / "django_hosting.pth").write_text(f"{CODE}\n")
    folder = packages / f"django_hosting-{version}.dist-info"
    folder.mkdir(exist_ok=True)
    lines = ["Metadata-Version: 2.1", "Name: django-hosting", f"Version: {version}"]
    lines += [f"Requires-Dist: {requirement}" for requirement in wanted]
    (folder / "METADATA").write_text("\n".join(lines) + "\n")
    (folder / "WHEEL").write_text(
        "Wheel-Version: 1.0\nGenerator: install.py\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    (folder / "RECORD").write_text("")


def installed() -> dict[str, str]:
    """Version per package in the environment."""
    code = "import importlib.metadata as m; [print(d.name, d.version) for d in m.distributions()]"
    listed = subprocess.run([PYTHON, "-c", code], check=True, capture_output=True, text=True).stdout
    return {name_of(name): version for name, version in map(str.split, listed.splitlines())}


def uv(*arguments: str | Path, folder: Path, fix: str) -> None:
    """Run uv for the image's Python."""
    place = () if arguments[0] == "export" else ("--python", PYTHON)
    run(TOOLS / "uv", *arguments, *place, folder=folder, fix=fix)


def run(*command: str | Path, folder: Path, fix: str, capture: bool = False) -> str:
    """Run a tool in a folder; its output, if captured. Raises InstallError with the fix after the tool's own output."""
    done = attempt(command, folder, capture)
    if done.returncode and re.search(compiler.NEEDED, done.stderr) and compiler.install():
        done = attempt(command, folder, capture)
    sys.stderr.write(done.stderr)
    if done.returncode:
        raise InstallError(fix)
    return done.stdout or ""


def attempt(command: Sequence[str | Path], folder: Path, capture: bool) -> "subprocess.CompletedProcess[str]":
    """Run a tool once."""
    certificates = "/etc/ssl/certs/ca-certificates.crt"
    settings = {
        "UV_SYSTEM_CERTS": "true",
        "UV_LINK_MODE": "copy",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_PYTHON": str(PYTHON),
        # What is printed is read in a log.
        "NO_COLOR": "1",
        "PIPENV_IGNORE_VIRTUALENVS": "1",
        "PIPENV_NOSPIN": "1",
    }
    if Path(certificates).exists():
        # The base's certificate authorities, so that a company's index works when the base trusts it.
        settings |= {"SSL_CERT_FILE": certificates, "REQUESTS_CA_BUNDLE": certificates}
    output, errors = subprocess.PIPE if capture else None, subprocess.PIPE
    environment = os.environ | settings
    return subprocess.run(command, cwd=folder, env=environment, stdout=output, stderr=errors, text=True, check=False)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except InstallError as error:
        sys.exit(f"\n{error}")
