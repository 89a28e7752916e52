"""The media bucket as Django's storage."""

from urllib.parse import quote, urljoin

from django.conf import settings
from storages.backends.s3 import S3Storage


class MediaBucket(S3Storage):
    """Uploads in S3. Pages link to /media/, where the application authorizes (core/media.py)."""

    def url(self, name: str) -> str:
        """Return the file's URL on this site."""
        return urljoin(settings.MEDIA_URL, quote(name))

    def signed_url(self, name: str) -> str:
        """Return a URL that opens the object for a minute, for the proxy only. Sends no request to S3."""
        return super().url(name)
