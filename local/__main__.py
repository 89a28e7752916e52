"""`python3 -m local <command>`: starts with any Python, goes on in the project's virtual environment."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from local import cli
from local.lock import only_one
from local.runtime import VENV, OperatorError, Runtime, venv_python
from local.setup.prepare import NEEDS, prepare

INTERRUPTED = 130


def main(words: Sequence[str]) -> int:
    """0 done, 1 failed, 2 wrong use or setting, 130 interrupted."""
    options = cli.parse(words)
    try:
        runtime = Runtime.from_environment()
        if cli.nothing_to_do(options, runtime):
            return 0
        if options.command in NEEDS:
            with only_one(runtime, "set-up"):
                prepare(options.command, runtime, getattr(options, "hosting", None))
            if not _in_venv():
                return _again_in_venv(words)
        return cli.run(options, runtime)
    except OperatorError as error:
        print(f"\n{error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    except KeyboardInterrupt:
        print("\nInterrupted. Running the same command again goes on from here.", file=sys.stderr)  # noqa: T201
        return INTERRUPTED


def _in_venv() -> bool:
    return Path(sys.prefix).resolve() == VENV.resolve()


def _again_in_venv(words: Sequence[str]) -> int:
    command = [str(venv_python()), "-m", "local", *words]
    if os.name == "posix":
        sys.stdout.flush()
        os.execv(command[0], command)  # noqa: S606 - the same program again, no shell
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
