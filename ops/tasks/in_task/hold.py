"""Wait for the command that ECS Exec starts beside this process, and end with its exit code.

Arguments: folder of the files `ops-started` and `ops-ended`, seconds until the command must have started, and seconds
until the task must end.
"""

import sys
import time
from pathlib import Path

GONE, TOO_LATE = 129, 124
"""Exit codes of a hangup, and of a time limit."""


def main(folder: Path, start_seconds: float, longest_seconds: float) -> int:
    started, ended, began = folder / "ops-started", folder / "ops-ended", time.monotonic()
    while (passed := time.monotonic() - began) < longest_seconds:
        # Before the exit code: a command that is gone has written it, or never will.
        gone = started.exists() and not Path("/proc", started.read_text().strip() or "self").exists()
        if ended.exists() and (code := ended.read_text().strip()):
            return int(code)
        if gone:
            return GONE
        if passed > start_seconds and not started.exists():
            return TOO_LATE
        time.sleep(0.5)
    return TOO_LATE


sys.exit(main(Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])))
