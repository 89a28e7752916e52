"""Uploaded files: the application authorizes, the proxy delivers."""

import posixpath
from collections.abc import Callable
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from hosting.static_files import SIGNED_URL_HEADER

# Internal locations of the proxy (docker/nginx/nginx.conf).
FROM_VOLUME = "/-/media/volume/"
FROM_BUCKET = "/-/media/bucket"

Rule = Callable[[HttpRequest, str], bool]


def everyone(_request: HttpRequest, _rest: str) -> bool:
    """Allow everyone."""
    return True


def signed_in(request: HttpRequest, _rest: str) -> bool:
    """Allow members."""
    return request.user.is_authenticated


def owner(request: HttpRequest, rest: str) -> bool:
    """Allow the user whose id is the first folder."""
    user = request.user
    return not isinstance(user, AnonymousUser) and rest.split("/", 1)[0] == str(user.pk)


RULES: dict[str, Rule] = {"public": everyone, "pictures": signed_in, "private": owner}
"""The rule for each first folder of a path. A path without a rule is never delivered."""


@require_safe
def media(request: HttpRequest, path: str) -> HttpResponse:
    """Let the proxy deliver the file if the visitor may see it; 404 otherwise, whether or not it exists."""
    folder, _, rest = path.partition("/")
    rule = RULES.get(folder)
    # nginx resolves dots, so the rule must see the same path.
    if not rest or posixpath.normpath(path) != path or "\\" in path or rule is None or not rule(request, rest):
        raise Http404
    # The proxy sets the type.
    response = HttpResponse(headers={"Content-Type": ""})
    if settings.MEDIA_BUCKET:
        response["X-Accel-Redirect"] = FROM_BUCKET
        response[SIGNED_URL_HEADER] = default_storage.signed_url(path)
    else:
        response["X-Accel-Redirect"] = FROM_VOLUME + quote(path)
    return response
