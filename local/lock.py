"""Lock dependencies: `python -m local.lock` after a change of one of SOURCES, `--check` to compare only.

A lock names every package with the hashes of its files, and no index. Those of TOOLS, which the build of the images
uses, have only files that it can install.
"""

import hashlib
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from local.runtime import ROOT

MARK = " sha256: "
UV = "uv==0.13.9"
SOURCES: dict[Path, tuple[str, str, tuple[str, ...]]] = {
    ROOT / "app" / "requirements.in": ("requirements.txt", "3.11", ()),
    # Django and what it needs are the project's, whatever its versions.
    ROOT / "packages" / "django-hosting" / "platform.in": ("platform.txt", "3.10", ("django", "asgiref", "sqlparse")),
}
"""Names of the lock, oldest Python, and packages that are left out, for each file of requirements."""
TOOLS = tuple(ROOT / "docker" / "tools" / name for name in ("build.in", "poetry.in", "pipenv.in"))
_INSTALLABLE = re.compile(
    r"-(py3|py2\.py3|cp3\d+-abi3|cp31[0-4]-cp31[0-4])(-none)?-(any|manylinux[\w.]*_(x86_64|aarch64))\.whl$"
)
"""Wheels of Python 3.10 to 3.14 on Debian, for both architectures."""


def main(arguments: list[str]) -> str | None:
    """Write or check the locks; returns an error message for `sys.exit`, or None."""
    locks = [source.with_name(name) for source, (name, *_) in SOURCES.items()]
    for source, lock in [*zip(SOURCES, locks, strict=True), *((one, one.with_suffix(".txt")) for one in TOOLS)]:
        mark = f"# {source.name}{MARK}{hashlib.sha256(source.read_bytes()).hexdigest()}\n"
        if "--check" not in arguments:
            lock.write_text(mark + (_compile(source) if source in SOURCES else _compile_tools(source)))
        elif not lock.is_file() or not lock.read_text().startswith(mark):
            return f"{lock} is older than {source.name}: run python -m local.lock"
    return None


def _compile(source: Path) -> str:
    _, oldest_python, left_out = SOURCES[source]
    options = ["--generate-hashes", *(part for name in left_out for part in ("--no-emit-package", name))]
    return _uv(source, oldest_python, *options)


def _compile_tools(source: Path) -> str:
    packages = tomllib.loads(_uv(source, "3.10", "--format", "pylock.toml"))["packages"]
    lines = []
    for package in packages:
        wheels = [one for one in package.get("wheels", ()) if _INSTALLABLE.search(one["url"])]
        marker = f" ; {package['marker']}" if "marker" in package else ""
        lines += [f"{package['name']}=={package['version']}{marker}"]
        lines += [f"    --hash=sha256:{digest}" for digest in sorted(one["hashes"]["sha256"] for one in wheels)]
    return "\n".join(lines).replace("\n ", " \\\n ") + "\n"


def _uv(source: Path, oldest_python: str, *options: str) -> str:
    """Output of `uv pip compile`."""
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", UV], check=True)
        # uv reads the platforms from here.
        (Path(folder) / "pyproject.toml").write_text("[tool.uv]\nenvironments = [\"sys_platform == 'linux'\"]\n")
        place = source.parent if source not in TOOLS else folder
        command = [str(python.with_name("uv")), "pip", "compile", "--universal", "--python-version", oldest_python]
        command += ["--no-header", "--quiet", *options, str(source) if source in TOOLS else source.name]
        # The system's certificates, because a mirror may use a private authority.
        environment = os.environ | {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true"}
        done = subprocess.run(command, check=True, cwd=place, env=environment, stdout=subprocess.PIPE, text=True)
        return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
