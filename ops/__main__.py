"""`python -m ops <command>`. Without the packages it starts again in the project's virtual environment."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

VENV = Path(__file__).resolve().parent.parent / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def main() -> int:
    """Run the command line and return its exit code (ops/errors.py)."""
    if importlib.util.find_spec("typer") and importlib.util.find_spec("boto3"):
        from ops.run import run  # noqa: PLC0415 - needs packages that may be missing

        return run()
    if PYTHON.exists() and Path(sys.prefix).resolve() != VENV.resolve():
        return _restart_in_venv()
    print("The packages of requirements.txt are not installed. Run `pulumi install` or `make up`.", file=sys.stderr)  # noqa: T201
    return 1


def _restart_in_venv() -> int:
    command = [str(PYTHON), "-m", "ops", *sys.argv[1:]]
    if os.name == "posix":
        os.execv(command[0], command)  # noqa: S606 - the same program, no shell
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
