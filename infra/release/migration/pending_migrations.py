"""The migrations that a release would run, from its sources and the release record. For previews. Pure."""

import re
from collections.abc import Mapping
from pathlib import Path

_MIGRATION = re.compile(r"\d{4}_\w+")


def pending_migrations(sources: Path, heads: Mapping[str, str]) -> list[str]:
    """Migrations of the project's own apps that are newer than `heads`, as `<app>.<name>`.

    Leaves out apps whose recorded migration is not in the sources, and installed apps, whose migrations are elsewhere.
    """
    found: list[str] = []
    for folder in sorted(sources.glob("*/migrations")):
        app = folder.parent.name
        names = sorted(path.stem for path in folder.glob("*.py") if _MIGRATION.fullmatch(path.stem))
        head = heads.get(app)
        if head is None:
            found += [f"{app}.{name}" for name in names]
        elif head in names:
            found += [f"{app}.{name}" for name in names[names.index(head) + 1 :]]
    return found
