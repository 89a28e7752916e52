"""Static files, which the proxy serves, and uploads, which it delivers for the application."""

import os
from pathlib import Path
from typing import Any

import django

from django_hosting import aws, storages
from django_hosting.overlay.context import REMOVED, Context, Kept, Settings, added

FOLDER_STORAGE = "django.core.files.storage.FileSystemStorage"
_FOLDER_NAMES = {FOLDER_STORAGE, "django.core.files.storage.filesystem.FileSystemStorage", ""}
_STATIC = "django.contrib.staticfiles.storage."
_PLAIN_NAMES = {f"{_STATIC}StaticFilesStorage", ""}
HASHED = "django_hosting.storage.HashedStaticFiles"
FORGIVING = "django_hosting.storage.ForgivingStaticFiles"
# Before Django 5.1, where they are an error beside STORAGES.
_OLD_NAMES = {"default": "DEFAULT_FILE_STORAGE", "staticfiles": "STATICFILES_STORAGE"}
STATIC_ROOT, MEDIA_ROOT = "/srv/static", "/srv/media"


def static(project: Settings, context: Context) -> dict[str, Any]:
    """Collect into STATIC_ROOT, with a hash in each name, unless the project has a storage of its own for that.

    https://docs.djangoproject.com/en/5.2/ref/contrib/staticfiles/#manifeststaticfilesstorage
    """
    if not any(str(name).startswith("django.contrib.staticfiles") for name in project.get("INSTALLED_APPS") or ()):
        raise Kept("django.contrib.staticfiles is not among INSTALLED_APPS")
    root = context.environment.matching("STATIC_ROOT", pattern="/.*", example=STATIC_ROOT, default=STATIC_ROOT)
    found: dict[str, Any] = {
        "STATIC_ROOT": root,
        "STATIC_URL": project.get("STATIC_URL") or "/static/",
        "STATICFILES_DIRS": _folders(project, context),
        "MIDDLEWARE": added(project.get("MIDDLEWARE"), before=("django_hosting.static_files.StaticFilesMiddleware",)),
    }
    entries = _storages(project)
    if entries["staticfiles"].get("BACKEND", "") in _PLAIN_NAMES:
        backend = FORGIVING if context.application.allow_missing else HASHED
        entries["staticfiles"] = {**entries["staticfiles"], "BACKEND": backend}
    return found | _with(entries, context)


def media(project: Settings, context: Context) -> dict[str, Any]:
    """Keep uploads in the bucket, or in a folder that the proxy reads too; the proxy delivers both."""
    entries = _storages(project)
    own = entries["default"].get("BACKEND", "")
    if own not in _FOLDER_NAMES:
        raise Kept(f"the project has a storage of its own, {own}")
    environment = context.environment
    entries["default"] = storages.media_storage(bucket(context))
    return {
        "MEDIA_URL": project.get("MEDIA_URL") or "/media/",
        "MEDIA_ROOT": environment.matching("MEDIA_ROOT", pattern="/.*", example=MEDIA_ROOT, default=MEDIA_ROOT),
        "MIDDLEWARE": added(project.get("MIDDLEWARE"), after=("django_hosting.media.MediaMiddleware",)),
    } | _with(entries, context)


def bucket(context: Context) -> str:
    """Name of the bucket, or empty."""
    environment = context.environment
    found = environment.matching("MEDIA_BUCKET", pattern=aws.BUCKET, example="example-media-0a1b2c3", default="")
    if found and not aws.region():
        environment.refuse("AWS_REGION", "is missing or empty, and MEDIA_BUCKET needs it", "AWS_REGION=eu-central-1")
    return found


def _storages(project: Settings) -> dict[str, dict[str, Any]]:
    """The project's STORAGES, with Django's own defaults and the settings that had their place before Django 5.1."""
    own = project.get("STORAGES") or {}
    entries = {alias: dict(own.get(alias) or {}) for alias in {*own, *_OLD_NAMES}}
    if django.VERSION < (5, 1):
        for alias, name in _OLD_NAMES.items():
            if not own and project.get(name):
                entries[alias] = {"BACKEND": project[name]}
    return entries


def _with(entries: dict[str, dict[str, Any]], context: Context) -> dict[str, Any]:
    entries.setdefault("default", {})
    entries["default"] = entries["default"] or {"BACKEND": FOLDER_STORAGE}
    entries["staticfiles"] = entries["staticfiles"] or {"BACKEND": f"{_STATIC}StaticFilesStorage"}
    name = bucket(context)
    if name:
        entries[storages.ALIAS] = storages.media_storage(name)
    return {"STORAGES": entries} | (dict.fromkeys(_OLD_NAMES.values(), REMOVED) if django.VERSION < (5, 1) else {})


def _folders(project: Settings, context: Context) -> list[Any]:
    own = list(project.get("STATICFILES_DIRS") or ())
    folders = [str(Path(name).absolute()) for name in context.application.static_folders]
    taken = {os.fspath(one[1] if isinstance(one, list | tuple) else one) for one in own}
    return [*own, *(folder for folder in folders if folder not in taken)]
