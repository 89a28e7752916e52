"""The admin, and views that fail."""

from django.contrib import admin
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path

from django_hosting.media import deliver


class Canceled(Exception):  # noqa: N818 - in place of psycopg's error
    """PostgreSQL's error for a statement past its limit."""

    sqlstate = "57014"


def slow(_request: HttpRequest) -> HttpResponse:
    """A statement that took too long."""
    raise OperationalError("canceling statement") from Canceled


def slow_rule(request: HttpRequest, _path: str) -> bool:
    """A rule for uploads whose statement took too long."""
    return slow(request).status_code == 200


def document(request: HttpRequest) -> HttpResponse:
    """A view that authorizes by itself."""
    return deliver("a.pdf") if request.META.get("HTTP_COOKIE") else HttpResponse(status=403)


async def later(request: HttpRequest) -> HttpResponse:
    """An asynchronous view."""
    return HttpResponse(request.META["REMOTE_ADDR"])


urlpatterns = [path("admin/", admin.site.urls), path("slow/", slow), path("later/", later), path("document/", document)]
