"""Pages, the movies API, health, media."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Django's entry for the application."""

    name = "core"
