"""Errors of the release commands: one line and an exit code, without a traceback."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import BaseCommand

from django_hosting.database import DatabaseUnavailableError


class ReleaseError(Exception):
    """The message says what failed and what to do. `code` is the exit code."""

    code = 1


@contextmanager
def exit_on_error(command: BaseCommand) -> Iterator[None]:
    """Exit with the message and code of an error."""
    try:
        yield
    except (ReleaseError, DatabaseUnavailableError) as error:
        command.stderr.write(str(error))
        sys.exit(error.code)
