"""Settings of the tests: the platform's, laid over the example's."""

import os
from pathlib import Path

os.environ |= {
    "DJANGO_HOSTING_APPLICATION": str(Path(__file__).with_name("application.json")),
    "SECRET_KEY": "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz",
    "ALLOWED_HOSTS": "testserver,localhost",
    "DATABASE_URL": "sqlite://:memory:",
    "EMAIL_URL": "memorymail://",
    "SSL_REDIRECT": "false",
}
for name in ("MEDIA_BUCKET", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
    os.environ.pop(name, None)

from django_hosting.settings import *  # noqa: E402, F403 - after the environment

# There is no manifest without collectstatic; MD5 is fast.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
