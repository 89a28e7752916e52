"""The application's settings with cookiecutter-django's way to serve static files."""

from django_hosting.settings import *  # noqa: F403
from django_hosting.settings import MIDDLEWARE, STORAGES

_after = MIDDLEWARE.index("django.middleware.security.SecurityMiddleware") + 1
MIDDLEWARE = [*MIDDLEWARE[:_after], "whitenoise.middleware.WhiteNoiseMiddleware", *MIDDLEWARE[_after:]]
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}
