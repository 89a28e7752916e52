"""Error responses: a page, or JSON below /api/."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

API = "/api/"


def api_error(status: int, message: str, fields: Mapping[str, list[str]] | None = None) -> JsonResponse:
    """Return an error of the API: `error.status`, `error.message` and, per parameter, `error.fields`."""
    error: dict[str, object] = {"status": status, "message": message}
    if fields:
        error["fields"] = {"query" if name == "__all__" else name: found for name, found in fields.items()}
    return JsonResponse({"error": error}, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 400, also for an unknown Host, so nothing of the request is repeated."""
    return _answer(request, 400, "The request cannot be understood.")


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403."""
    return _answer(request, 403, "You may not see this.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 for a form from another site."""
    return _answer(request, 403, "The form has expired or came from another site. Go back, reload the page, try again.")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404."""
    return _answer(request, 404, "There is nothing at this address.")


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 without using the database."""
    return _answer(request, 500, "Something went wrong here. It has been written down; please try again.")


def _answer(request: HttpRequest, status: int, message: str) -> HttpResponse:
    if request.path.startswith(API):
        return api_error(status, message)
    # Without the request, so that no context processor can fail.
    return render(None, "core/error.html", {"status": status, "message": message}, status=status)
