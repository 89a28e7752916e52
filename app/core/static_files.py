"""Static files that the proxy does not have: those of the release before or after this one, from the bucket."""

import re

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from core.media import SIGNED_URL_HEADER

# Named location of the proxy (docker/nginx/nginx.conf), for which the address stays the one that was asked for.
FROM_BUCKET = "@static-in-bucket"
PREFIX = "static/"
"""Where a release's files are in the bucket; uploads never are (core/media.py)."""
# A name with the hash of its content, which never changes its content; no part of the path begins with a dot.
HASHED = re.compile(r"(?:[^./\\][^/\\]*/)*[^./\\][^/\\]*\.[0-9a-f]{12}(?:\.[A-Za-z0-9_-]+)?")


@require_safe
def static_file(_request: HttpRequest, path: str) -> HttpResponse:
    """Let the proxy look for the file in the bucket. 404 without a bucket: the proxy knows what to do then."""
    if not settings.MEDIA_BUCKET or not HASHED.fullmatch(path):
        raise Http404
    response = HttpResponse(headers={"Content-Type": ""})
    response["X-Accel-Redirect"] = FROM_BUCKET
    response[SIGNED_URL_HEADER] = default_storage.signed_url(PREFIX + path)
    return response
