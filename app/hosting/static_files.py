"""Static files of other releases, from the bucket."""

import re

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

SIGNED_URL_HEADER = "X-Signed-Url"
"""Tells the proxy where in the bucket a file is. Visitors never see it."""
# Named location of the proxy (docker/nginx/static.conf), which keeps the requested URI.
FROM_BUCKET = "@static-in-bucket"
PREFIX = "static/"
"""Prefix of static files in the bucket; no upload has it (core/media.py)."""
# A path with a content hash in the file name and no part that begins with a dot.
HASHED = re.compile(r"(?:[^./\\][^/\\]*/)*[^./\\][^/\\]*\.[0-9a-f]{12}(?:\.[A-Za-z0-9_-]+)?")


@require_safe
def static_file(_request: HttpRequest, path: str) -> HttpResponse:
    """Let the proxy fetch the file from the bucket; 404 without a bucket, for which the proxy has a fallback."""
    if not settings.MEDIA_BUCKET or not HASHED.fullmatch(path):
        raise Http404
    response = HttpResponse(headers={"Content-Type": ""})
    response["X-Accel-Redirect"] = FROM_BUCKET
    response[SIGNED_URL_HEADER] = default_storage.signed_url(PREFIX + path)
    return response
