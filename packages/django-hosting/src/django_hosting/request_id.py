"""Request ids, which connect the log lines of proxy and application."""

import re
import uuid
from contextvars import ContextVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from django_hosting.middleware import Middleware

HEADER = "X-Request-ID"
current: ContextVar[str] = ContextVar("request_id", default="-")
_WELL_FORMED = re.compile(r"[A-Za-z0-9-]{8,64}")


class RequestIdMiddleware(Middleware):
    """Use the proxy's request id, or create one, for log lines and the response header."""

    def before(self, request: HttpRequest) -> None:
        """Keep the id until the thread's next request, because Django logs errors after the last middleware."""
        given = request.headers.get(HEADER, "")
        current.set(given if _WELL_FORMED.fullmatch(given) else uuid.uuid4().hex)

    def after(self, _request: HttpRequest, response: HttpResponseBase, /) -> HttpResponseBase:
        """Set the header."""
        response[HEADER] = current.get()
        return response
