"""Which migrations a release would run, from its sources and what is on record: for previews. Pure."""

import re
from collections.abc import Mapping
from pathlib import Path

_MIGRATION = re.compile(r"\d{4}_\w+")


def pending_migrations(sources: Path, heads: Mapping[str, str]) -> list[str]:
    """Migrations of the project's own apps that are newer than `heads`, as `<app>.<name>`.

    An app whose newest recorded migration is not among the sources is left out: nobody can tell there. Neither can
    they for installed apps, whose migrations are not among the sources.
    """
    found: list[str] = []
    for folder in sorted(sources.glob("*/migrations")):
        app, names = folder.parent.name, sorted(path.stem for path in folder.glob("*.py") if _is_migration(path))
        head = heads.get(app)
        if head is None:
            found += [f"{app}.{name}" for name in names]
        elif head in names:
            found += [f"{app}.{name}" for name in names[names.index(head) + 1 :]]
    return found


def _is_migration(path: Path) -> bool:
    return _MIGRATION.fullmatch(path.stem) is not None
