"""Uploaded files: the application authorizes, the proxy delivers."""

import posixpath
from collections.abc import Callable
from functools import cache
from urllib.parse import quote

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.files.storage import storages
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string

from django_hosting.application import PUBLIC
from django_hosting.middleware import Middleware
from django_hosting.options import options
from django_hosting.static_files import RECORDS, SIGNED_URL_HEADER
from django_hosting.storages import ALIAS
from django_hosting.timeouts import timeout_answer

# Internal locations of the proxy (docker/nginx).
FROM_VOLUME = "/-/media/volume/"
FROM_BUCKET = "/-/media/bucket"

Rule = Callable[[HttpRequest, str], bool]


class MediaMiddleware(Middleware):
    """Answers below MEDIA_URL, after the project's middleware, so that a rule sees the user of the request."""

    def before(self, request: HttpRequest) -> HttpResponseBase | None:
        """Let the proxy deliver the file if the visitor may see it; 404 otherwise, whether or not it exists."""
        name = None if self.is_async else _name(request)
        return None if name is None else _answer(request, name)

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        name = _name(request)
        if name is None:
            return await super()._answer(request)
        # In a thread, because a rule may ask the database.
        return await sync_to_async(_answer)(request, name)


def deliver(name: str) -> HttpResponse:
    """Return the answer with which the proxy delivers this uploaded file, for a view that has authorized the visitor.

    Raises Http404 for a name that nginx would resolve to another one.
    """
    bucket = options().bucket
    if not name or posixpath.normpath(name) != name or name.startswith(("/", "../")) or "\\" in name:
        raise Http404
    if bucket and name.startswith(RECORDS):
        raise Http404
    # The proxy sets the type. Django's caches keep no private response: one visitor's right is none of the next one's,
    # and a signed URL expires.
    response = HttpResponse(headers={"Content-Type": "", "Cache-Control": "private"})
    if bucket:
        response["X-Accel-Redirect"] = FROM_BUCKET
        response[SIGNED_URL_HEADER] = storages[ALIAS].signed_url(name)
    else:
        response["X-Accel-Redirect"] = FROM_VOLUME + quote(name)
    return response


def _name(request: HttpRequest) -> str | None:
    """The file's name, or None for a request of something else."""
    prefix = settings.MEDIA_URL
    return request.path[len(prefix) :] if prefix.startswith("/") and request.path.startswith(prefix) else None


def _answer(request: HttpRequest, name: str) -> HttpResponseBase:
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    # nginx resolves dots, so the rule must see a path that it leaves alone: the answer is made first.
    response = deliver(name)
    try:
        allowed = _rule(options().media_access)(request, name)
    except OperationalError as error:
        # Django hands a middleware only the errors of views.
        timeout = timeout_answer(request, error)
        if timeout is None:
            raise
        return timeout
    if not allowed:
        raise Http404
    return response


@cache
def _rule(access: str) -> Rule:
    found: Rule = _everyone if access == PUBLIC else import_string(access)
    return found


def _everyone(_request: HttpRequest, _name: str) -> bool:
    return True
