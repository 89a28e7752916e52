"""Connection URLs of the cache. Pure: no resources."""

from urllib.parse import quote, urlencode

PORT = 6379
CA_BUNDLE = "/etc/ssl/certs/elasticache-bundle.pem"
"""Path of the public certificate authorities in the web image, among them Amazon's, which sign ElastiCache's
certificates (docker/Dockerfile)."""
DATABASES = {"CACHE_URL": 0, "REDIS_URL": 1}
"""Number of the database by variable. Django's cache has one of its own, because its `clear` is FLUSHDB."""


def cache_url(address: str, user: str, password: str, database: int) -> str:
    """A URL that redis-py, Celery and channels_redis read alike: they verify the server's certificate and its name.

    Celery refuses rediss:// without `ssl_cert_reqs`
    (docs.celeryq.dev/en/stable/userguide/configuration.html#redis-backend-use-ssl), and redis-py before version 6
    leaves the name alone by default.
    """
    verified = {"ssl_cert_reqs": "required", "ssl_check_hostname": "true", "ssl_ca_certs": CA_BUNDLE}
    options = urlencode(verified, safe="/")
    return f"rediss://{quote(user, safe='')}:{quote(password, safe='')}@{address}:{PORT}/{database}?{options}"
