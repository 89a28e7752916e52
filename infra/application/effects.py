"""What the platform does with an application."""

import ast
from typing import NamedTuple

from infra.application.application import Application
from infra.application.manifest import PUBLIC
from infra.application.settings_source import SettingsSource, Text
from infra.ecs import server
from infra.permissions.statements import described

_FOLDER_STORAGES = ("django.core.files.storage.FileSystemStorage", "django.core.files.storage.filesystem.")


class Effect(NamedTuple):
    """What the platform does with one part."""

    part: str
    sentence: str


def effects(application: Application) -> list[Effect]:
    """A sentence for each part, in the order of a release."""
    settings, manifest = application.settings, application.manifest
    found = [
        Effect("image", f"Python {application.python_version} with {_packages(application)}"),
        *([Effect("node", f"{application.node.manager} run {application.node.script}")] if application.node else []),
        Effect("DEBUG", _debug(settings)),
        Effect("static", _static(settings, application)),
        Effect("database", _database(settings, application)),
        Effect("migrations", _migrations(application)),
        Effect("server", _server(settings, application)),
        *(Effect(f"process {name}", one.sentence) for name, one in manifest.processes.items()),
        Effect("media", _media(settings, application)),
        Effect("mail", _mail(settings, application)),
        Effect("requests", _limits(application)),
        *(Effect("permissions", sentence) for sentence in described(manifest.permissions)),
    ]
    left = ", ".join(sorted(manifest.leave)) or "none"
    return [*found, Effect("left to the project", left)]


def _packages(application: Application) -> str:
    manifest = application.manifest
    system = [*manifest.build.system_packages, *manifest.run.system_packages]
    return f"the packages of {application.dependencies.file}" + (f" and Debian's {', '.join(system)}" if system else "")


def _debug(settings: SettingsSource) -> str:
    """What a branch by DEBUG becomes: the project's module runs before the platform's value is laid over it."""
    sentence = "False in every request, whatever the settings say"
    branches, debug = settings.read.debug_branches, settings.read.debug
    if not branches:
        return sentence
    value, place = (f"`{ast.unparse(debug[0])}`", debug[1]) if debug else ("from another package", settings.module)
    return (
        f"{sentence}. The settings are read with their own, {value} ({place}), by which they choose in "
        f"{'; '.join(branches)}. The containers have no variable DEBUG, or false by environment.DEBUG"
    )


def _static(settings: SettingsSource, application: Application) -> str:
    if "static" in application.manifest.leave:
        return "left to the project"
    apps = settings.strings("INSTALLED_APPS")
    if apps and not any(name.startswith("django.contrib.staticfiles") for name in apps):
        return "none, because django.contrib.staticfiles is not among INSTALLED_APPS"
    backend = _own(settings, ("STORAGES", "staticfiles", "BACKEND"), ("STATICFILES_STORAGE",), ("django.",))
    own = f", by the project's {backend.text}" if backend else ""
    folders = ", ".join(application.manifest.static.folders)
    more = f", with {folders}" if folders else ""
    return (
        f"collected in the build{own}{more}; the proxy serves STATIC_ROOT at {_url(settings, 'STATIC_URL', '/static/')}"
    )


def _database(settings: SettingsSource, application: Application) -> str:
    if "database" in application.manifest.leave:
        return "left to the project"
    engines = list(settings.texts("DATABASES", "default", "ENGINE"))
    # The last one is what no branch chooses; branches are for servers that variables name.
    engine = engines[-1].text.rpartition(".")[2] if engines else ""
    instead = f", in place of {engine}" if engine and "postg" not in engine else ""
    schemas = ", ".join(application.manifest.database.schemas)
    return f"DATABASES['default'] is the stack's PostgreSQL{instead}; schemas: {schemas}"


def _migrations(application: Application) -> str:
    release = application.manifest.release
    size = f" of {release.migration_cpu} CPU units and {release.migration_memory} MiB" if release.migration_cpu else ""
    where = "" if application.root == "." else f" in {application.root}"
    return (
        f"each release runs `python manage.py migrate`{where} first, in a task{size}, "
        f"for {release.migration_seconds} s at most"
    )


def _server(settings: SettingsSource, application: Application) -> str:
    how = "uvicorn, with WebSockets" if application.server == "asgi" else "gunicorn, with threads"
    run = application.manifest.run
    return (
        f"{application.callable} on {how}; it may take {run.start_grace_seconds} s to start, and {run.stop_seconds} s "
        "from the signal to stop to the kill" + _groups(settings)
    )


def _groups(settings: SettingsSource) -> str:
    layers = settings.texts("CHANNEL_LAYERS", "default", "BACKEND")
    if not any(one.text.endswith(".InMemoryChannelLayer") for one in layers):
        return ""
    return ". Channels' InMemoryChannelLayer belongs to one process of several: a group reaches a part of its clients"


def _media(settings: SettingsSource, application: Application) -> str:
    if "media" in application.manifest.leave:
        return "left to the project"
    own = _own(settings, ("STORAGES", "default", "BACKEND"), ("DEFAULT_FILE_STORAGE",), _FOLDER_STORAGES)
    access = application.manifest.media.access
    readers = "everybody may read them" if access == PUBLIC else f"{access} decides who may read them"
    ours = f"kept in the stack's bucket, below {_url(settings, 'MEDIA_URL', '/media/')}; {readers}"
    return _unless(own, "stay with the project's own storage", ours)


def _mail(settings: SettingsSource, application: Application) -> str:
    if "email" in application.manifest.leave:
        return "left to the project"
    own = _own(settings, ("MAILERS", "default", "BACKEND"), ("EMAIL_BACKEND",), ("django.core.mail.backends.",))
    ours = "sent as the setting emailUrl says; without it an error is logged for each message"
    return _unless(own, "stays with the project's own", ours)


def _own(
    settings: SettingsSource, path: tuple[str, ...], old: tuple[str, ...], djangos: tuple[str, ...]
) -> Text | None:
    """A backend of the project's own, of all that the setting may have."""
    found = [*settings.texts(*path), *settings.texts(*old)]
    return next((one for one in found if one.text and not one.text.startswith(djangos)), None)


def _unless(own: Text | None, stays: str, ours: str) -> str:
    """What the project has decided by itself, else what the platform does."""
    if own is None:
        return ours
    return f"{stays} {own.text}" + (f", where the branch in {own.branch} chooses it; else {ours}" if own.branch else "")


def _limits(application: Application) -> str:
    proxy = application.manifest.proxy
    paths = [
        f"{one.path} {' and '.join(_limit(one.body_mib, 'MiB') + _limit(one.seconds, 's'))}" for one in proxy.paths
    ]
    longest = max([0, *(one.seconds or 0 for one in proxy.paths)])
    waits = [f"a rollout waits {server.deregistration_delay(longest)} s for them"] if longest else []
    return "; ".join([f"{proxy.body_mib} MiB each", *paths, *waits])


def _url(settings: SettingsSource, name: str, default: str) -> str:
    """As Django reads it: a relative one begins with the site's root."""
    url = settings.text(name) or default
    return url if "://" in url or url.startswith("/") else f"/{url}"


def _limit(value: int | None, unit: str) -> list[str]:
    return [] if value is None else [f"{value} {unit}"]
