"""Lock the dependencies: `python lock.py` after a change of requirements.in, `--check` in the image's build.

The lock names every package with the hashes of all its files, for every platform, and no index.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements.in"
LOCK = HERE / "requirements.txt"
MARK = "# requirements.in sha256: "
UV = "uv==0.13.9"
OLDEST_PYTHON = "3.11"


def main(arguments: list[str]) -> str | None:
    """Write or check the lock; returns an error message for `sys.exit`, or None."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if arguments == ["--check"]:
        if LOCK.read_text().startswith(f"{MARK}{digest}\n"):
            return None
        return "app/requirements.txt is older than app/requirements.in: run python app/lock.py"
    compiled = _compile()
    LOCK.write_text(f"{MARK}{digest}\n{compiled}")
    return None


def _compile() -> str:
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", UV], check=True)
        options = ["--universal", "--generate-hashes", "--python-version", OLDEST_PYTHON, "--no-header", "--quiet"]
        uv = [python.with_name("uv"), "pip", "compile", *options, REQUIREMENTS.name]
        # The system's certificates, because a mirror may use a private authority.
        environment = os.environ | {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true"}
        return subprocess.run(uv, check=True, cwd=HERE, env=environment, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
