"""Runs the command given after a file's name and writes its largest resident set into that file, as wait4 counts it.

Until it runs its own program a new process counts the memory of the one it was split off from, so a small process has
to stand between the measuring one and the command.
"""

import os
import subprocess
import sys

if __name__ == "__main__":
    process = subprocess.Popen(sys.argv[2:])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    with open(sys.argv[1], "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib would double this process
        file.write(str(usage.ru_maxrss))
    # A shell's way to say that a signal ended it.
    sys.exit(process.returncode if process.returncode >= 0 else 128 - process.returncode)
