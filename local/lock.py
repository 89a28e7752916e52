"""One command at a time changes a cloud, or prepares the machine for it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from local.runtime import OperatorError, Runtime


@contextmanager
def only_one(runtime: Runtime, purpose: str) -> Iterator[None]:
    """Held until the block ends or the process does, however it ends. Raises OperatorError if another one holds it."""
    runtime.prepare()
    path = runtime.folder / f"{purpose}.lock"
    with path.open("a+") as file:
        if not _take(file):
            file.seek(0)
            raise OperatorError(
                f"Another command ({purpose}, process {file.read().strip()}) is working on this cloud. "
                "Wait for it, or stop it with Ctrl-C where it runs."
            )
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _take(file: IO[str]) -> bool:
    try:
        if os.name == "nt":
            import msvcrt  # noqa: PLC0415 - exists on Windows only

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl  # noqa: PLC0415 - exists elsewhere only

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
