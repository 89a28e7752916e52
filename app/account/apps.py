"""People: sign-up, login, password, profile."""

from django.apps import AppConfig


class AccountConfig(AppConfig):
    """Django's entry for the application."""

    name = "account"
