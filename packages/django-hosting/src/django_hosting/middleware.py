"""Base of the platform's middleware, which serves synchronous and asynchronous projects without changing threads."""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class Middleware:
    """`before` and `after` must not block: with ASGI they run in the event loop.

    https://docs.djangoproject.com/en/5.2/topics/http/middleware/#asynchronous-support
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_async:
            return self._answer(request)
        response: HttpResponseBase = self.before(request) or self.get_response(request)
        return self.after(request, response)

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        return self.after(request, self.before(request) or await self.get_response(request))

    def before(self, _request: HttpRequest, /) -> HttpResponseBase | None:
        """Return an answer in place of the project's, or None."""
        return None

    def after(self, _request: HttpRequest, response: HttpResponseBase, /) -> HttpResponseBase:
        """Return the answer, of `before` or of the project."""
        return response
