"""Storages: uploads in S3, and static files with a hash in the name whose references need not exist."""

import logging
from typing import Any
from urllib.parse import quote, urljoin

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage

log = logging.getLogger(__name__)
try:
    from storages.backends.s3 import S3Storage
except ImportError:  # without the extra `s3`
    S3Storage = object


class MediaBucket(S3Storage):
    """Uploads in S3. Pages link to MEDIA_URL, where the application authorizes (media.py)."""

    def url(self, name: str, *_arguments: Any, **_named: Any) -> str:
        """Return the file's URL on this site."""
        return urljoin(str(settings.MEDIA_URL), quote(name))

    def signed_url(self, name: str) -> str:
        """Return a URL that opens the object for a minute, for the proxy only. Sends no request to S3."""
        found: str = super().url(name)
        return found


class HashedStaticFiles(ManifestStaticFilesStorage):
    """A page that links to a static file which is not there is shown all the same, as in development."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._missing: set[str] = set()

    def stored_name(self, name: str) -> str:
        """Return the name with a hash, or the name alone for a file that collectstatic has not found."""
        try:
            found: str = super().stored_name(name)
        except ValueError:
            if name not in self._missing:
                self._missing.add(name)
                log.warning("there is no static file %s", name)
            return name
        return found


class ForgivingStaticFiles(HashedStaticFiles):
    """Leaves a reference to a missing file in another one as it is, where Django's own storage refuses that one."""

    manifest_strict = False

    def hashed_name(self, name: str, content: Any = None, filename: str | None = None) -> str:
        """Return the name with a hash, or the name alone without a file."""
        try:
            found: str = super().hashed_name(name, content, filename)
        except ValueError:
            return name
        return found
