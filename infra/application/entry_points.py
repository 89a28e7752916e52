"""Finds the settings module, and the WSGI or ASGI application."""

from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Literal

from infra.application.findings import Findings
from infra.application.layout import entry_file, module_of, place_of
from infra.application.manifest import FILE, PUBLIC, Manifest
from infra.application.settings_module import choose_settings
from infra.application.settings_source import SettingsSource
from infra.application.source import defines, module_file, named_settings, uses_classes

Server = Literal["wsgi", "asgi"]


@dataclass(frozen=True, kw_only=True)
class EntryPoints:
    """What starts the project."""

    root: str
    settings: SettingsSource
    server: Server
    callable: str


def find_entry_points(folder: Path, root: str, manifest: Manifest, findings: Findings) -> EntryPoints | None:
    """Settings module, server and callable of the project in `root`."""
    base = folder / root
    manage = named_settings(base / "manage.py")
    if manage.forced:
        rule = "replaces the DJANGO_SETTINGS_MODULE of the environment, by which the platform's settings are used"
        fix = f'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{(manage.modules or ("mysite.settings",))[0]}")'
        findings.refuse(place_of(root, "manage.py"), rule, fix)
    if manifest.settings is None and uses_classes(base / "manage.py"):
        rule = "uses django-configurations, and the platform lays its settings over a module, not over a class"
        fix = "write a module that has the class's settings as names (docs/applications.md)"
        findings.ask(place_of(root, "manage.py"), rule, fix, 'settings = "mysite.settings_module"')
        return None
    read = cache(partial(SettingsSource, base))
    module = choose_settings(base, manifest, manage, read, findings)
    if module is None:
        return None
    settings = read(module)
    for reason in settings.read.unread:
        findings.say(f"not read, so nothing that it says counts below: {reason}")
    server = _server(settings, manifest, findings)
    target = _callable(settings, server, manifest, findings)
    _check_access(base, manifest, findings)
    return EntryPoints(root=root, settings=settings, server=server, callable=target) if target else None


def _check_access(base: Path, manifest: Manifest, findings: Findings) -> None:
    """Refuse a callable for uploads that its module does not have, if that is one of the project."""
    module, _, name = manifest.media.access.rpartition(".")
    file = module_file(base, module) if module else None
    inside = (base / module.partition(".")[0]).is_dir()
    if module and (not defines(file, name) if file else inside):
        rule = f"there is no {name} in a module {module} of the project"
        fix = 'name a callable (request, path), or write "public"'
        findings.refuse("hosting.toml: media.access", rule, fix, manifest.media.access)
    elif not module and name != PUBLIC:
        fix = 'write "public", or the dotted path of a callable'
        findings.refuse("hosting.toml: media.access", "is no dotted path", fix, manifest.media.access)


def _server(settings: SettingsSource, manifest: Manifest, findings: Findings) -> Server:
    if manifest.server is not None:
        findings.say(f"server: {manifest.server.upper()}, from {FILE}")
        return manifest.server
    apps = settings.strings("INSTALLED_APPS") & {"channels", "daphne"}
    if apps and settings.text("ASGI_APPLICATION"):
        findings.say(f"server: ASGI, because of ASGI_APPLICATION and {' and '.join(sorted(apps))} in INSTALLED_APPS")
        return "asgi"
    has_wsgi, has_asgi = (entry_file(settings.root, settings, kind) is not None for kind in ("wsgi", "asgi"))
    if has_asgi and not has_wsgi:
        findings.say("server: ASGI, because there is no wsgi.py")
        return "asgi"
    findings.say('server: WSGI; server = "asgi" in hosting.toml serves WebSockets' if has_asgi else "server: WSGI")
    return "wsgi"


def _callable(settings: SettingsSource, server: Server, manifest: Manifest, findings: Findings) -> str | None:
    if manifest.callable is not None:
        module, _, name = manifest.callable.partition(":")
        file = module_file(settings.root, module)
        if file is not None and defines(file, name):
            findings.say(f"callable: {manifest.callable}, from {FILE}")
            return manifest.callable
        rule = f"there is no {name} in a module {module} of the project"
        findings.refuse("hosting.toml: callable", rule, "name it as module:name", manifest.callable)
        return None
    target = settings.text(f"{server.upper()}_APPLICATION")
    module, _, name = (target or "").rpartition(".")
    file = module_file(settings.root, module) if module else None
    if file is None:
        file, name = entry_file(settings.root, settings, server), "application"
    if file is None or not defines(file, name):
        rule = f"there is no {server}.py with `{name}` in the project"
        findings.ask(f"{server.upper()}_APPLICATION", rule, "add it", f'callable = "mysite.{server}:application"')
        return None
    found = f"{module_of(settings.root, file)}:{name}"
    findings.say(f"callable: {found}")
    return found
