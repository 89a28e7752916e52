"""The build of the images: static files, and what the proxy has to know about the project."""

import json
import os
import secrets
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import StaticFilesStorage, staticfiles_storage
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from django_hosting.application import PUBLIC, SETTINGS, application, use_settings
from django_hosting.project import why_not
from django_hosting.storage import ForgivingStaticFiles

NO_SERVER = {
    "ALLOWED_HOSTS": "localhost",
    # Nothing listens there: code that asks a server at import fails at once.
    "DATABASE_URL": "postgres://build:build@127.0.0.1:1/build",
    "REDIS_URL": "redis://127.0.0.1:1/1",
}
"""Variables that the settings require; they are set for the build alone."""


def build_static_files(facts: Path | None) -> str | None:
    """Collect static files and write facts; returns a message for `sys.exit`, or None."""
    found = application()
    for name, value in {**found.build_environment, **NO_SERVER, "SECRET_KEY": secrets.token_urlsafe(64)}.items():
        os.environ.setdefault(name, value)
    try:
        django.setup()
    except (ImproperlyConfigured, ModuleNotFoundError, KeyError) as error:
        sentence = why_not(error, found.settings)
        if sentence is None:
            raise
        return sentence
    problem = _without_effect() or _collect() or _manage_py() or _server_callable(found.callable)
    if problem:
        return problem
    if facts:
        facts.parent.mkdir(parents=True, exist_ok=True)
        facts.write_text(json.dumps(proxy_facts(), indent=2, sort_keys=True) + "\n")
    for part, reason in settings.KEPT_PARTS.items() if hasattr(settings, "KEPT_PARTS") else ():
        print(f"{part} stays as the project has it: {reason}")  # noqa: T201
    return None


def proxy_facts() -> dict[str, Any]:
    """What the proxy's configuration depends on; a path is null when the proxy has nothing to serve there."""
    kept = getattr(settings, "KEPT_PARTS", {})
    return {
        "static_url": _path(settings.STATIC_URL) if _collects() and "static" not in kept else None,
        "static_hashed": _collects() and hasattr(staticfiles_storage, "hashed_files"),
        # Sources of the static files, which a release publishes.
        "static_folders": [
            os.fspath(one[1] if isinstance(one, (list, tuple)) else one) for one in settings.STATICFILES_DIRS
        ],
        "static_package_folders": _package_folders() if _collects() else [],
        "media_url": _path(settings.MEDIA_URL) if "media" not in kept else None,
        "kept": kept,
        "django": django.get_version(),
    }


def _package_folders() -> list[str]:
    """Folders at the top of the static files with files of installed packages alone, which new code does not change."""
    own_folders, all_folders = set(), set()
    for finder in get_finders():
        for name, storage in finder.list([]):
            first = Path(getattr(storage, "prefix", None) or "", name).parts[0]
            all_folders.add(first)
            if not Path(storage.path(name)).is_relative_to(sys.prefix):
                own_folders.add(first)
    return sorted(all_folders - own_folders)


def _without_effect() -> str | None:
    """A key of hosting.toml that nothing reads, because the project has decided for a storage of its own."""
    kept = getattr(settings, "KEPT_PARTS", {})
    if application().media_access != PUBLIC and "media" in kept:
        return f"media.access in hosting.toml has no effect: {kept['media']}. Remove it, or the project's storage"
    if application().allow_missing and _collects() and not isinstance(staticfiles_storage, ForgivingStaticFiles):
        own = type(staticfiles_storage._wrapped).__name__
        return f"static.allow_missing in hosting.toml has no effect: the project has a storage of its own, {own}"
    return None


def _collect() -> str | None:
    if not _collects():
        return None
    try:
        call_command("collectstatic", interactive=False, verbosity=0)
    except (ValueError, CommandError, OSError, ImproperlyConfigured) as error:
        fix = "To accept a reference to a file that does not exist: allow_missing = true below [static] in hosting.toml"
        return f"collectstatic: {str(error).strip()}" + (f"\n{fix}" if "could not be found with" in str(error) else "")
    return None


def _collects() -> bool:
    """Whether static files are collected into a folder here, and not into a bucket of the project's own."""
    installed = any(config.startswith("django.contrib.staticfiles") for config in settings.INSTALLED_APPS)
    if not installed or not settings.STATIC_ROOT:
        return False
    return isinstance(staticfiles_storage, StaticFilesStorage)


def _path(url: str | None) -> str | None:
    # nginx compares it with a decoded path.
    return unquote(url) if url and url.startswith("/") else None


def _manage_py() -> str | None:
    """Whether manage.py uses the settings that the environment names, because migrations run with it."""
    if "release" in getattr(settings, "KEPT_PARTS", {}) or not Path("manage.py").is_file():
        return None
    command = [sys.executable, "manage.py", "migration_state", "--help"]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    if ended.returncode == 0:
        return None
    if "Unknown command" in ended.stderr:
        return (
            "manage.py sets DJANGO_SETTINGS_MODULE whatever the environment says, so that migrations would run with "
            f'settings for development. As startproject writes it: os.environ.setdefault("DJANGO_SETTINGS_MODULE", '
            f'"{application().settings}")'
        )
    return f"manage.py fails:\n{ended.stderr.strip()}"


def _server_callable(dotted: str) -> str | None:
    """Whether the server finds what it is to serve."""
    if not dotted:
        return None
    module, _, name = dotted.partition(":")
    try:
        imported = import_module(module)
    except Exception as error:  # noqa: BLE001 - whatever the project raises
        sentence = why_not(error, module)
        if sentence is None:
            # Such as a server that is not there in the build: the start shows it, with its traceback.
            print(f"{module} cannot be imported in the build: {type(error).__name__}: {error}")  # noqa: T201
        return sentence
    finally:
        if os.environ.get("DJANGO_SETTINGS_MODULE") != SETTINGS:
            use_settings()
    if not callable(getattr(imported, name or "application", None)):
        return f"{module} has no {name or 'application'}. `callable` in hosting.toml names the WSGI or ASGI application"
    return None
