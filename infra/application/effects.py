"""What the platform does with an application, and which variables its settings need."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from infra.application.application import Application
from infra.application.manifest import PUBLIC
from infra.application.source import SettingsSource, text_of
from infra.ecs import server
from infra.ecs.containers import platform_variables

_IN_THE_IMAGE = {"DJANGO_SETTINGS_MODULE", "MEDIA_ROOT", "STATIC_ROOT", "TMPDIR"}
_FOLDER_STORAGES = {"FileSystemStorage", "InMemoryStorage"}


class Effect(NamedTuple):
    """What the platform does with one part."""

    part: str
    sentence: str


def effects(application: Application) -> list[Effect]:
    """A sentence for each part, in the order of a release."""
    settings = source(application)
    manifest = application.manifest
    found = [
        Effect("image", f"Python {application.python_version} with {_packages(application)}"),
        *([Effect("node", f"{application.node.manager} run {application.node.script}")] if application.node else []),
        Effect("static", _static(settings, application)),
        Effect("database", _database(settings, application)),
        Effect("migrations", _migrations(application)),
        Effect("server", _server(application)),
        Effect("media", _media(settings, application)),
        Effect("mail", _mail(settings, application)),
        Effect("requests", _limits(application)),
    ]
    left = ", ".join(sorted(manifest.leave)) or "none"
    return [*found, Effect("left to the project", left)]


def needed_variables(application: Application) -> list[str]:
    """Variables that the settings read without a default, and that the platform does not set.

    One that is read inside of a branch counts too, so it may not be needed.
    """
    settings = source(application)
    nodes = [node for tree in settings.trees for node in ast.walk(tree)]
    required = {name for node in nodes if (name := _required(node))}
    optional = {name for node in nodes for name in _optional(node)}
    return sorted(required - optional - platform_variables() - _IN_THE_IMAGE)


def source(application: Application) -> SettingsSource:
    """The project's settings."""
    return SettingsSource(application.folder / application.root, application.settings_module)


def _packages(application: Application) -> str:
    manifest = application.manifest
    system = [*manifest.build.system_packages, *manifest.run.system_packages]
    return f"the packages of {application.dependencies.file}" + (f" and Debian's {', '.join(system)}" if system else "")


def _static(settings: SettingsSource, application: Application) -> str:
    if "static" in application.manifest.leave:
        return "left to the project"
    if "django.contrib.staticfiles" not in settings.strings("INSTALLED_APPS"):
        return "none, because django.contrib.staticfiles is not among INSTALLED_APPS"
    backend = settings.text_in("STORAGES", "staticfiles", "BACKEND") or settings.text("STATICFILES_STORAGE") or ""
    own = "" if backend.startswith("django.") or not backend else f", by the project's {backend}"
    folders = ", ".join(application.manifest.static.folders)
    more = f", with {folders}" if folders else ""
    return (
        f"collected in the build{own}{more}; the proxy serves STATIC_ROOT at {_url(settings, 'STATIC_URL', '/static/')}"
    )


def _database(settings: SettingsSource, application: Application) -> str:
    if "database" in application.manifest.leave:
        return "left to the project"
    engine = (settings.text_in("DATABASES", "default", "ENGINE") or "").rpartition(".")[2]
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


def _server(application: Application) -> str:
    how = "uvicorn, with WebSockets" if application.server == "asgi" else "gunicorn, with threads"
    run = application.manifest.run
    return (
        f"{application.callable} on {how}; it may take {run.start_grace_seconds} s to start, and {run.stop_seconds} s "
        "from the signal to stop to the kill"
    )


def _media(settings: SettingsSource, application: Application) -> str:
    if "media" in application.manifest.leave:
        return "left to the project"
    own = settings.text_in("STORAGES", "default", "BACKEND") or settings.text("DEFAULT_FILE_STORAGE") or ""
    if own and own.rpartition(".")[2] not in _FOLDER_STORAGES:
        return f"stay with the project's own storage {own}"
    access = application.manifest.media.access
    readers = "everybody may read them" if access == PUBLIC else f"{access} decides who may read them"
    return f"kept in the stack's bucket, below {_url(settings, 'MEDIA_URL', '/media/')}; {readers}"


def _mail(settings: SettingsSource, application: Application) -> str:
    if "email" in application.manifest.leave:
        return "left to the project"
    own = settings.text("EMAIL_BACKEND") or ""
    if own and not own.startswith("django.core.mail.backends."):
        return f"stays with the project's own {own}"
    return "sent as the setting emailUrl says; without it an error is logged for each"


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


def _required(node: ast.AST) -> str | None:
    """The variable that an expression reads without a default: os.environ, django-environ, environs, decouple."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and _name(node.value) == "environ":
        return text_of(node.slice)
    if not isinstance(node, ast.Call) or len(node.args) != 1:
        return None
    if any(keyword.arg in {"default", None} for keyword in node.keywords):
        return None
    function = node.func
    owner = function.value if isinstance(function, ast.Attribute) else function
    if isinstance(owner, ast.Name) and owner.id in {"env", "config"} and _name(function) not in {"read_env", "get"}:
        return text_of(node.args[0])
    return None


def _name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _optional(node: ast.AST) -> Iterator[str]:
    """Variables that the settings ask for (`"X" in os.environ`), read with a default, or declare with one."""
    if isinstance(node, ast.Compare) and _name(node.comparators[0]) == "environ":
        yield text_of(node.left) or ""
    elif isinstance(node, ast.Call) and _name(node.func) in {"get", "getenv", "setdefault"} and node.args:
        yield text_of(node.args[0]) or ""
    elif isinstance(node, ast.Call) and _name(node.func) in {"Env", "FileAwareEnv"}:
        yield from (word.arg for word in node.keywords if word.arg and isinstance(word.value, ast.Tuple))
