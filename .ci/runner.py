"""Print `runner=<label>`: the GitHub runner on which a stack's images build natively.

`python .ci/runner.py prod` reads the setting `architecture`. Only an emulator builds for the other architecture.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

from bootstrap.hosted import setting

RUNNERS = {"arm64": "ubuntu-24.04-arm", "x86_64": "ubuntu-24.04"}


def runner(stack: str) -> str:
    """The label for a stack. Raises SystemExit for an architecture without a runner."""
    architecture = setting(stack, "architecture")
    if architecture not in RUNNERS:
        sys.exit(f"stack {stack}: architecture is {architecture!r}; GitHub has runners for {' and '.join(RUNNERS)}")
    return RUNNERS[architecture]


if __name__ == "__main__":
    print(f"runner={runner(sys.argv[1])}")  # noqa: T201
