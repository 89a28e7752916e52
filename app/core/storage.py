"""The media bucket as Django's storage."""

from urllib.parse import quote, urljoin

from django.conf import settings
from storages.backends.s3 import S3Storage


class MediaBucket(S3Storage):
    """Uploads in S3. Pages link to the site's own address, where the application decides (core/media.py)."""

    def url(self, name: str) -> str:
        """The file's address on this site, as a folder's storage gives it."""
        return urljoin(settings.MEDIA_URL, quote(name))

    def signed_url(self, name: str) -> str:
        """A link that opens the object for a minute, for the proxy only. Asks nothing of S3."""
        return super().url(name)
