"""The answer to a request whose database statement took too long."""

import logging
from collections.abc import Callable

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse

from hosting.deadline import TIMEOUT_LOCATION

log = logging.getLogger(__name__)
QUERY_CANCELED = "57014"
"""PostgreSQL's code for a statement past statement_timeout: https://www.postgresql.org/docs/current/errcodes-appendix.html"""


class StatementTimeoutMiddleware:
    """Answer 504, like the server for any other request past its limit, instead of 500."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Log the statement's place in the code, and let the proxy show its page; None for other errors."""
        if not isinstance(exception, OperationalError):
            return None
        if getattr(exception.__cause__, "sqlstate", None) != QUERY_CANCELED:
            return None
        log.error("A database statement took too long: %s %s", request.method, request.path, exc_info=exception)
        return HttpResponse("504 Gateway Timeout", "text/plain", 504, headers={"X-Accel-Redirect": TIMEOUT_LOCATION})
