"""The project's WSGI or ASGI callable, as gunicorn loads it."""

from typing import Any

import django
from django.core.exceptions import AppRegistryNotReady
from gunicorn.util import import_app

from django_hosting.application import application as described


def load(path: str) -> Any:
    """The callable at a path like mysite.asgi:application.

    An asgi.py may import models before it calls get_asgi_application(): under runserver the apps are loaded by then.
    """
    try:
        return import_app(path)
    except AppRegistryNotReady:
        django.setup(set_prefix=False)
        return import_app(path)


application = load(described().callable)
