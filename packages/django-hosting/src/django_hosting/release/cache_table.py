"""The table of Django's cache, where the cache is the database's."""

from django.conf import settings
from django.core.management import call_command

BACKEND = "django.core.cache.backends.db.DatabaseCache"


def create() -> None:
    """Create the tables of such caches that are missing.

    https://docs.djangoproject.com/en/5.2/topics/cache/#creating-the-cache-table
    """
    if any(entry.get("BACKEND") == BACKEND for entry in settings.CACHES.values()):
        call_command("createcachetable", verbosity=0)
