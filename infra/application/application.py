"""The application as it is hosted: where its parts are, and the document about it that the images hold."""

import json
import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from infra.application.manifest import Manifest
from infra.application.settings_source import SettingsSource

Kind = Literal["requirements", "uv", "poetry", "pipenv", "pyproject"]
PROJECT = "pyproject.toml"


@dataclass(frozen=True, kw_only=True)
class Dependencies:
    """The file that names the application's packages."""

    kind: Kind
    file: str
    """Relative to the application's folder, such as `uv.lock` or `requirements/production.txt`."""

    @property
    def source(self) -> str | None:
        """The file that a lock was made from, relative as `file`; None for what is no lock."""
        names = {"uv": PROJECT, "poetry": PROJECT, "pipenv": "Pipfile"}
        return posixpath.join(posixpath.dirname(self.file), names[self.kind]) if self.kind in names else None


@dataclass(frozen=True, kw_only=True)
class NodeBuild:
    """The build with Node that runs before Django collects static files."""

    folder: str
    """Folder of package.json, relative to the application's folder."""
    manager: Literal["npm", "pnpm", "yarn"]
    lock: str
    """Name of the lock file, in the same folder."""
    script: str
    package_manager: str
    """`packageManager` of package.json, such as `pnpm@9.15.0`; empty without it."""


@dataclass(frozen=True, kw_only=True)
class Application:
    """A Django project that can be built and served."""

    folder: Path
    """Holds hosting.toml and what the images are built from."""
    manifest: Manifest
    root: str
    """Folder of manage.py, relative to `folder`; `.` when it is the same."""
    settings: SettingsSource
    server: Literal["wsgi", "asgi"]
    callable: str
    """`module:name`."""
    python_version: str
    """Minor version, such as 3.13."""
    dependencies: Dependencies
    node: NodeBuild | None
    files: tuple[str, ...] = ()
    """Files that it cannot start without, relative to `folder`: manage.py, settings module, WSGI or ASGI module."""
    found: tuple[str, ...]
    """What was found and where, a sentence each."""


def application_document(application: Application) -> str:
    """The JSON document that is /etc/django-hosting/application.json in the images.

    It leaves out what no image reads, so that a larger migration task changes none.
    """
    manifest = application.manifest
    document = {
        "settings": application.settings.module,
        "server": application.server,
        "callable": application.callable,
        "root": application.root,
        "leave": sorted(manifest.leave),
        "database": manifest.database.model_dump(),
        "static": {**manifest.static.model_dump(), "folders": _from_root(manifest.static.folders, application.root)},
        "media": manifest.media.model_dump(),
        "proxy": manifest.proxy.model_dump(),
        "build": manifest.build.model_dump(include={"environment"}),
        "stop_seconds": manifest.run.stop_seconds,
        "processes": {name: process.command for name, process in manifest.processes.items()},
        "schedules": {
            name: schedule.model_dump(include={"command", "cron", "timezone", "seconds"})
            for name, schedule in manifest.schedules.items()
        },
    }
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def _from_root(folders: Iterable[str], root: str) -> list[str]:
    """Paths from the folder of manage.py, where the application runs."""
    return [posixpath.relpath(folder, root) for folder in folders]
