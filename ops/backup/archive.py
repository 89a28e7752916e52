"""Portable data of a stack: a folder with the database in pg_dump's custom format, and the media files."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infra.release.reporting import Reporter
from ops.backup import instances, snapshots
from ops.backup.data import Data
from ops.backup.instances import DatabaseServer
from ops.backup.media import MediaBucket
from ops.backup.postgres_client import PostgresClient
from ops.backup.restore import login, prepare_and_migrate
from ops.backup.stopped_site import stopped_site
from ops.database import read_login
from ops.ecs.service import EcsService
from ops.errors import UsageError
from ops.output import Confirm
from ops.stack import Stack

DATABASE, MEDIA, DESCRIPTION = "database.dump", "media", "dump.json"


@dataclass(frozen=True, kw_only=True)
class Dumped:
    """What was written or read."""

    folder: str
    database_bytes: int
    media_files: int
    snapshot: str = ""
    """Of the data that was replaced."""

    def to_values(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return asdict(self)


def dump(stack: Stack, folder: Path, *, media: bool, report: Reporter) -> Dumped:
    """Write the data into a new folder. Raises UsageError when it exists; an interrupted one leaves nothing."""
    if folder.exists():
        raise UsageError(f"{folder} exists. Give another folder.")
    release = stack.history()[-1]
    server = DatabaseServer.of(instances.describe(stack.session.client("rds"), release.database))
    client, owner = PostgresClient.find(server.version), read_login(stack.session, release, owner=True)
    bucket = MediaBucket(stack, release)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as partial:
        made = Path(partial, folder.name)
        made.mkdir(mode=0o700)
        with login(stack, server, owner, report) as connection:
            report("Dumping the database")
            Data(client, connection).write_archive(made / DATABASE)
        files = 0
        if media and bucket.name:
            report("Downloading the media files")
            files = bucket.download(made / MEDIA)
        about = {"stack": stack.name, "project": stack.project, "release": release.number, "revision": release.revision}
        about |= {"at": datetime.now(UTC).isoformat(timespec="seconds"), "postgresql": server.version}
        (made / DESCRIPTION).write_text(json.dumps({**about, "heads": release.heads, "media_files": files}, indent=2))
        made.rename(folder)
    return Dumped(folder=str(folder), database_bytes=(folder / DATABASE).stat().st_size, media_files=files)


def load(stack: Stack, folder: Path, *, media: bool, confirm: Confirm, report: Reporter) -> Dumped:
    """Replace the stack's data by that of a folder that `dump` has written. Raises UsageError or OpsError.

    The database is replaced in one transaction, while the site is stopped. Media files of other names stay.
    """
    about = _description(folder)
    release = stack.history()[-1]
    EcsService(stack.session, release).refuse_concurrent(resume=False)
    server = DatabaseServer.of(instances.describe(stack.session.client("rds"), release.database))
    client, owner = PostgresClient.find(server.version), read_login(stack.session, release, owner=True)
    with TemporaryDirectory(prefix="load-") as temporary:
        script = Path(temporary, "load.sql")
        with login(stack, server, owner, report) as connection:
            live = Data(client, connection)
            live.script_of(folder / DATABASE, script)
            confirm(_question(stack, about, live.tables()))
        with stopped_site(stack, release, report):
            snapshot = snapshots.take(stack, release.database, report)
            with login(stack, server, owner, report) as connection:
                report("Replacing the data")
                Data(client, connection).replace(script)
            prepare_and_migrate(stack, release, report)
            files = MediaBucket(stack, release).upload(folder / MEDIA) if media and (folder / MEDIA).is_dir() else 0
    size = (folder / DATABASE).stat().st_size
    return Dumped(folder=str(folder), database_bytes=size, media_files=files, snapshot=snapshot)


def _description(folder: Path) -> Mapping[str, Any]:
    try:
        about: Mapping[str, Any] = json.loads((folder / DESCRIPTION).read_text())
    except (OSError, ValueError):
        raise UsageError(f"{folder} is no folder that `python -m ops dump` has written: no {DESCRIPTION}.") from None
    if not (folder / DATABASE).is_file():
        raise UsageError(f"{folder} has no {DATABASE}.")
    return about


def _question(stack: Stack, about: Mapping[str, Any], tables: list[str]) -> str:
    held = f"its {len(tables)} tables are replaced" if tables else "its database is empty"
    return (
        f"Load the data of {about.get('project')}/{about.get('stack')} of {about.get('at')} into stack {stack.name}? "
        f"{held.capitalize()}, and the site is down meanwhile. A snapshot is taken first."
    )
