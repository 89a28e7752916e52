"""Uploaded files: the application decides who may see one, the proxy delivers it."""

import posixpath
from collections.abc import Callable
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

# Internal locations of the proxy (docker/nginx/nginx.conf).
FROM_VOLUME = "/-/media/volume/"
FROM_BUCKET = "/-/media/bucket"
SIGNED_URL_HEADER = "X-Signed-Url"

Rule = Callable[[HttpRequest, str], bool]


def everyone(_request: HttpRequest, _rest: str) -> bool:
    """Public files."""
    return True


def signed_in(request: HttpRequest, _rest: str) -> bool:
    """Files that every member may see."""
    return request.user.is_authenticated


def owner(request: HttpRequest, rest: str) -> bool:
    """Files below the id of the user they belong to."""
    user = request.user
    return not isinstance(user, AnonymousUser) and rest.split("/", 1)[0] == str(user.pk)


RULES: dict[str, Rule] = {"public": everyone, "pictures": signed_in, "private": owner}
"""First folder of a path to the rule for it. A path without a rule is seen by nobody."""


@require_safe
def media(request: HttpRequest, path: str) -> HttpResponse:
    """Let the proxy deliver a file the visitor may see; 404 otherwise, so that nobody learns which files exist."""
    folder, _, rest = path.partition("/")
    rule = RULES.get(folder)
    # nginx resolves dots before it looks for a file; a rule must judge the same path.
    if not rest or posixpath.normpath(path) != path or "\\" in path or rule is None or not rule(request, rest):
        raise Http404
    # The proxy knows the type of what it delivers.
    response = HttpResponse(headers={"Content-Type": ""})
    if settings.MEDIA_BUCKET:
        response["X-Accel-Redirect"] = FROM_BUCKET
        response[SIGNED_URL_HEADER] = default_storage.signed_url(path)
    else:
        response["X-Accel-Redirect"] = FROM_VOLUME + quote(path)
    return response
