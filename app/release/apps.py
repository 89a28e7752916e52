"""What happens to database and bucket once per release, before its containers serve."""

from django.apps import AppConfig


class ReleaseConfig(AppConfig):
    """Django's entry for the application: it has management commands only."""

    name = "release"
