"""How the commands of a release fail: in one line and an exit code, without a traceback."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import BaseCommand

from config.database import DatabaseUnavailableError


class ReleaseError(Exception):
    """The message is for the operator: what, where, and what to do. `code` is for the process."""

    code = 1


@contextmanager
def told(command: BaseCommand) -> Iterator[None]:
    """End the process with the error's message and code, where one is raised."""
    try:
        yield
    except (ReleaseError, DatabaseUnavailableError) as error:
        command.stderr.write(str(error))
        sys.exit(error.code)
