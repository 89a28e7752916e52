"""The application of the commands."""

from django.apps import AppConfig


class DjangoHostingConfig(AppConfig):
    """Has no models."""

    name = "django_hosting"
    verbose_name = "Hosting"
