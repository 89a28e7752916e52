"""Lock dependencies: `python -m local.lock` after a change of one of SOURCES, `--check` to compare only.

A lock names every package with the hashes of all its files, for every platform, and no index.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
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


def main(arguments: list[str]) -> str | None:
    """Write or check the locks; returns an error message for `sys.exit`, or None."""
    for source, (name, python, left_out) in SOURCES.items():
        lock = source.with_name(name)
        mark = f"# {source.name}{MARK}{hashlib.sha256(source.read_bytes()).hexdigest()}\n"
        if "--check" not in arguments:
            lock.write_text(mark + _compile(source, python, left_out))
        elif not lock.is_file() or not lock.read_text().startswith(mark):
            return f"{lock} is older than {source.name}: run python -m local.lock"
    return None


def _compile(source: Path, oldest_python: str, left_out: tuple[str, ...]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", UV], check=True)
        options = ["--universal", "--generate-hashes", "--python-version", oldest_python, "--no-header", "--quiet"]
        options += [part for name in left_out for part in ("--no-emit-package", name)]
        uv = [str(python.with_name("uv")), "pip", "compile", *options, source.name]
        # The system's certificates, because a mirror may use a private authority.
        environment = os.environ | {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true"}
        done = subprocess.run(uv, check=True, cwd=source.parent, env=environment, stdout=subprocess.PIPE, text=True)
        return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
