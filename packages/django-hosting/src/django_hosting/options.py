"""The platform's own settings, in the one setting DJANGO_HOSTING."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings


@dataclass(frozen=True)
class Options:
    """Without the setting, the parts of this package work with these defaults."""

    release: str = "unknown"
    """The running build, for log lines."""
    bucket: str = ""
    """S3 bucket of uploads and of static files of other releases; empty keeps uploads in MEDIA_ROOT."""
    application_database: dict[str, Any] = field(default_factory=dict)
    """Set in the tasks around a release, where DATABASE_URL is the tables' owner: the role that serves."""
    schemas: tuple[str, ...] = ("public",)
    database_wait_seconds: int = 30
    """How long a start waits for the database."""
    migration_wait_seconds: int = 300
    """How long a migration waits for another one."""
    media_access: str = "public"
    """`public`, or the dotted path of a function (request, path) that returns whether the visitor may see the file."""


def options() -> Options:
    """Return the options of this process."""
    found: Options = getattr(settings, "DJANGO_HOSTING", None) or Options()
    return found
