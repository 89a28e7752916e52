"""The site's settings for tests."""

import os

os.environ.pop("SENTRY_DSN", None)

from config.settings import *  # noqa: F403 - after the environment

# MD5 is fast.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
