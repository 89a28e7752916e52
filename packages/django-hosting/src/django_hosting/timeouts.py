"""The answer to a request whose database statement took too long."""

import logging

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse

from django_hosting.deadline import TIMEOUT_LOCATION
from django_hosting.middleware import Middleware

log = logging.getLogger(__name__)
QUERY_CANCELED = "57014"
"""PostgreSQL's code for a statement past statement_timeout: https://www.postgresql.org/docs/current/errcodes-appendix.html"""


class StatementTimeoutMiddleware(Middleware):
    """Answer 504, like the server for any other request past its limit, instead of 500."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The answer to a view's error; None for other errors."""
        return timeout_answer(request, exception)


def timeout_answer(request: HttpRequest, exception: Exception) -> HttpResponse | None:
    """Log the statement's place in the code, and let the proxy show its page; None for other errors."""
    cause = exception.__cause__
    # The attribute of psycopg 3, and of psycopg2.
    code = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    if not isinstance(exception, OperationalError) or code != QUERY_CANCELED:
        return None
    log.error("A database statement took too long: %s %s", request.method, request.path, exc_info=exception)
    return HttpResponse("504 Gateway Timeout", "text/plain", 504, headers={"X-Accel-Redirect": TIMEOUT_LOCATION})
