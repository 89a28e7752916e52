"""Static files of other releases, from the bucket."""

import re

from django.conf import settings
from django.core.files.storage import storages
from django.http import HttpRequest, HttpResponse

from django_hosting.middleware import Middleware
from django_hosting.options import options
from django_hosting.storages import ALIAS

SIGNED_URL_HEADER = "X-Signed-Url"
"""Tells the proxy where in the bucket a file is. Visitors never see it."""
# Named location of the proxy (docker/nginx/static.conf), which keeps the requested URI.
FROM_BUCKET = "@static-in-bucket"
PREFIX = "static/"
"""Prefix of static files in the bucket."""
RECORDS = f"{PREFIX}releases/"
"""Prefix of the records of releases (release/static_files.py), which visitors cannot request."""
# A path with a content hash in the file name and no part that begins with a dot.
HASHED = re.compile(r"(?:[^./\\][^/\\]*/)*[^./\\][^/\\]*\.[0-9a-f]{12}(?:\.[A-Za-z0-9_-]+)?")


MIDDLEWARE = "django_hosting.static_files.StaticFilesMiddleware"


def are_published() -> bool:
    """Whether this release's files belong into the bucket: there is one, and somebody asks for them."""
    return bool(options().bucket) and MIDDLEWARE in settings.MIDDLEWARE


class StaticFilesMiddleware(Middleware):
    """Lets the proxy fetch from the bucket what it does not have itself; everything else is the project's."""

    def before(self, request: HttpRequest) -> HttpResponse | None:
        """Answer a name with a hash below STATIC_URL, when there is a bucket; the proxy has a fallback."""
        prefix = settings.STATIC_URL or ""
        if not options().bucket or not prefix.startswith("/") or not request.path.startswith(prefix):
            return None
        path = request.path[len(prefix) :]
        if request.method not in {"GET", "HEAD"} or not HASHED.fullmatch(path) or (PREFIX + path).startswith(RECORDS):
            return None
        response = HttpResponse(headers={"Content-Type": ""})
        response["X-Accel-Redirect"] = FROM_BUCKET
        response[SIGNED_URL_HEADER] = storages[ALIAS].signed_url(PREFIX + path)
        return response
