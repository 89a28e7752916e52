"""The admin, and views that fail."""

from django.contrib import admin
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path


class Canceled(Exception):  # noqa: N818 - in place of psycopg's error
    """PostgreSQL's error for a statement past its limit."""

    sqlstate = "57014"


def slow(_request: HttpRequest) -> HttpResponse:
    """A statement that took too long."""
    raise OperationalError("canceling statement") from Canceled


async def later(request: HttpRequest) -> HttpResponse:
    """An asynchronous view."""
    return HttpResponse(request.META["REMOTE_ADDR"])


urlpatterns = [path("admin/", admin.site.urls), path("slow/", slow), path("later/", later)]
