"""What the program that builds the images found out about the project: application.json."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

VARIABLE = "DJANGO_HOSTING_APPLICATION"
"""Environment variable with the path of the document."""
DEFAULT_PATH = "/etc/django-hosting/application.json"
SETTINGS = "django_hosting.settings"
"""Value of DJANGO_SETTINGS_MODULE with which a process uses the settings that are laid over the project's."""
PUBLIC = "public"


@dataclass(frozen=True)
class Schedule:
    """A command that runs at a time."""

    command: tuple[str, ...]
    cron: str
    """Five fields, as in a crontab."""
    timezone: str
    """Name of the IANA database, such as Europe/Berlin."""
    seconds: int
    """Longest time of a run."""


@dataclass(frozen=True)
class Application:
    """The project, by the keys of the document; all but `settings` have a default."""

    settings: str
    """The project's own settings module."""
    server: str = "wsgi"
    """`wsgi` or `asgi`."""
    callable: str = ""
    """Such as mysite.wsgi:application."""
    leave: tuple[str, ...] = ()
    """Parts of the settings that stay as the project has them."""
    schemas: tuple[str, ...] = ("public",)
    static_folders: tuple[str, ...] = ()
    """Folders that are added to STATICFILES_DIRS, relative to the folder of manage.py."""
    allow_missing: bool = False
    """Whether a static file may refer to one that does not exist."""
    media_access: str = PUBLIC
    """`public`, or the dotted path of a function (request, path) that returns whether the visitor may see the file."""
    path_seconds: tuple[tuple[str, int], ...] = ()
    """Longest time of a request, for paths that have another limit than the rest."""
    secret_paths: tuple[str, ...] = ()
    """Paths with a secret in them, `*` for a part: /account/reset/*/*"""
    build_environment: Mapping[str, str] = field(default_factory=dict)
    stop_seconds: int = 10
    """Time between the signal to stop and the end of the process."""
    processes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Commands of the processes beside the web server, by name."""
    schedules: Mapping[str, Schedule] = field(default_factory=dict)


@cache
def application() -> Application:
    """Read the document. Raises SystemExit with one line when it cannot be read."""
    path = Path(os.environ.get(VARIABLE) or DEFAULT_PATH)
    try:
        return parse(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SystemExit(
            f"django_hosting: {path} is no description of an application ({type(error).__name__}: {error}). "
            f'It holds at least {{"settings": "mysite.settings", "callable": "mysite.wsgi:application"}}; {VARIABLE} '
            "names another file"
        ) from None


def parse(document: Mapping[str, Any]) -> Application:
    """Read the keys that this package uses. Raises KeyError without `settings`."""
    static, proxy = document.get("static", {}), document.get("proxy", {})
    return Application(
        settings=document["settings"],
        server=document.get("server", "wsgi"),
        callable=document.get("callable", ""),
        leave=tuple(document.get("leave", ())),
        schemas=tuple(document.get("database", {}).get("schemas") or ("public",)),
        static_folders=tuple(static.get("folders", ())),
        allow_missing=static.get("allow_missing", False),
        media_access=document.get("media", {}).get("access", PUBLIC),
        path_seconds=tuple(
            (one["path"], int(one["seconds"])) for one in proxy.get("paths", ()) if one.get("seconds") is not None
        ),
        secret_paths=tuple(proxy.get("secret_paths", ())),
        build_environment=dict(document.get("build", {}).get("environment", {})),
        stop_seconds=int(document.get("stop_seconds", 10)),
        processes={name: tuple(command) for name, command in document.get("processes", {}).items()},
        schedules={
            name: Schedule(tuple(one["command"]), one["cron"], one["timezone"], int(one["seconds"]))
            for name, one in document.get("schedules", {}).items()
        },
    )


def use_settings() -> None:
    """Let this process and those that it starts use the settings laid over the project's."""
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
