"""`python3 -m local <command>`: starts with any Python and continues in the project's virtual environment."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from local import cli
from local.processes import exclusive
from local.runtime import SETUP_SECONDS, VENV, OperatorError, Runtime, venv_python
from local.setup.prepare import NEEDS, prepare

INTERRUPTED = 130


def main(words: Sequence[str]) -> int:
    """Exit code: 0 done, 1 failed, 2 wrong use or setting, 130 interrupted."""
    options = cli.parse(words)
    # Commands start many Python processes: without bytecode each would compile the program again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    try:
        runtime = Runtime.from_environment()
        if cli.nothing_to_do(options, runtime):
            return 0
        if cli.set_up_of(options) in NEEDS:
            started = time.monotonic()
            with exclusive(runtime, "set-up"):
                prepare(cli.set_up_of(options), runtime)
            # The second start, in the virtual environment, finds nothing to do and must not overwrite it.
            os.environ.setdefault(SETUP_SECONDS, f"{time.monotonic() - started:.1f}")
            if not _in_venv():
                return _again_in_venv(words)
        return cli.run(options, runtime)
    except OperatorError as error:
        print(f"\n{error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    except KeyboardInterrupt:
        print("\nInterrupted. Run the same command again: it continues from here.", file=sys.stderr)  # noqa: T201
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
