"""Wait for the database at a start. A failure is one line and an exit code for the reason."""

import time
from collections.abc import Callable, Mapping

from django.db import OperationalError, connection

EXIT_CODES: Mapping[str, int] = {
    "unknown host": 68,
    "refuses connections": 69,
    "does not answer": 69,
    "is starting up": 75,
    "certificate": 76,
    "wrong password": 77,
    "no such database": 78,
}
"""Exit code of each reason, after sysexits.h."""

# Parts of PostgreSQL's messages, in order of precedence.
_SIGNS = (
    ("password authentication failed", "wrong password"),
    ("no password supplied", "wrong password"),
    ("certificate", "certificate"),
    ("does not exist", "no such database"),
    ("the database system is", "is starting up"),
    ("too many clients", "is starting up"),
    ("remaining connection slots", "is starting up"),
    ("resolve host", "unknown host"),
    ("translate host name", "unknown host"),
    ("Name or service not known", "unknown host"),
    ("Connection refused", "refuses connections"),
)
_SENTENCES: Mapping[str, str] = {
    "unknown host": "no name server knows the host",
    "refuses connections": "the host refuses connections on this port",
    "does not answer": "the host does not answer",
    "is starting up": "the server is starting up or busy and takes no connections",
    "certificate": "its certificate is not one that sslrootcert vouches for under this name",
    "wrong password": "the server refuses the user or the password",
    "no such database": "the server has no such database or user",
}
# Not retried.
_FINAL = {"certificate", "wrong password", "no such database"}


class DatabaseUnavailableError(Exception):
    """The message names host, port and reason, never the password; `code` is the exit code."""

    def __init__(self, reason: str, waited_seconds: float) -> None:
        settings = connection.settings_dict
        place = f"{settings['HOST']}:{settings['PORT'] or 5432}/{settings['NAME']}"
        super().__init__(f"Database {place}: {_SENTENCES[reason]} (waited {waited_seconds:.0f} s)")
        self.code = EXIT_CODES[reason]


def wait(seconds: float, sleep: Callable[[float], None] = time.sleep) -> None:
    """Return when the database accepts a connection. Raises DatabaseUnavailableError after `seconds`.

    A refused password or certificate and a missing database fail at once.
    """
    if connection.vendor != "postgresql":
        return
    began = time.monotonic()
    while True:
        try:
            connection.ensure_connection()
        except OperationalError as error:
            reason, waited = why(error), time.monotonic() - began
            if reason in _FINAL or waited >= seconds:
                raise DatabaseUnavailableError(reason, waited) from error
            sleep(min(1.0, max(0.0, seconds - waited)))
        else:
            # gunicorn forks after this, and workers must not share a connection.
            connection.close()
            return


def why(error: OperationalError) -> str:
    """Return the reason, a key of EXIT_CODES."""
    said = str(error)
    if type(error.__cause__).__name__ == "ConnectionTimeout":
        return "does not answer"
    return next((reason for sign, reason in _SIGNS if sign.lower() in said.lower()), "does not answer")
