"""DB snapshots: base backups of the running PostgreSQL in the cloud's state folder."""

import logging
import os
import shutil
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from docker.models.containers import Container
from moto.core.utils import utcnow

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.agents.rds import configuration, postgres
from embedded_cloud.agents.rds.instance import Instance

SNAPSHOT_FILE = "snapshot.tar.gz"
"""File from which start.sh creates a missing data directory."""

BACKUP_FOLDER = f"{configuration.FOLDER}/backup"


def save_backup(container: Container, port: int, path: Path) -> None:
    """Back up the running server to `path`, atomically. Raises RuntimeError with PostgreSQL's message."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    partial = path.with_suffix(".partial")
    postgres.run(container, ["rm", "-rf", BACKUP_FOLDER])
    postgres.run(
        container,
        [
            *("pg_basebackup", f"--pgdata={BACKUP_FOLDER}", "--format=tar", "--gzip", "--compress=1"),
            *("--wal-method=fetch", "--checkpoint=fast", "--no-manifest", "--no-sync"),
            *(f"--username={configuration.ADMINISTRATOR}", f"--host={configuration.FOLDER}", f"--port={port}"),
        ],
    )
    chunks, _ = container.get_archive(f"{BACKUP_FOLDER}/base.tar.gz")
    # The backup holds the application's data, so only its owner may read it.
    with (
        tempfile.TemporaryFile(dir=path.parent) as buffer,
        open(partial, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file,
    ):
        buffer.writelines(chunks)
        buffer.seek(0)
        with tarfile.open(fileobj=buffer) as archive:
            found = archive.extractfile("base.tar.gz")
            if found is None:
                raise RuntimeError("pg_basebackup wrote no base.tar.gz")
            shutil.copyfileobj(found, file)
    postgres.run(container, ["rm", "-rf", BACKUP_FOLDER])
    partial.replace(path)


def restore_backup(container: Container, path: Path) -> None:
    """Put a backup into a container that was never started, as the data of its server.

    Raises RuntimeError when the backup is missing.
    """
    if not path.exists():
        raise RuntimeError(
            f"the snapshot's copy {path.name} is missing; delete the instance and restore another snapshot"
        )
    with tempfile.TemporaryFile() as buffer:
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            archive.add(path, f"{configuration.FOLDER.strip('/')}/{SNAPSHOT_FILE}")
        buffer.seek(0)
        container.put_archive("/", buffer)


logger = logging.getLogger(__name__)


class Snapshots:
    """Creates the copies of moto's snapshots, and removes the copies of deleted ones."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._folder = context.config.state_dir / "db-snapshots"

    def path(self, copy_name: str) -> Path:
        return self._folder / f"{copy_name}.tar.gz"

    def is_pending(self, instance: Instance) -> bool:
        return bool(self._pending(instance))

    def take(self, instance: Instance, container: Container) -> None:
        """Back up the running server for its pending snapshots. Raises RuntimeError with PostgreSQL's message."""
        for snapshot in self._pending(instance):
            path = self.path(snapshot.copy_name)
            if not path.exists():
                save_backup(container, instance.port, path)
                size = path.stat().st_size / 2**20
                logger.info("rds: snapshot %s of %s: %.1f MiB", snapshot.resource_id, instance.identifier, size)
            self._set_available(snapshot)

    def reconcile(self) -> None:
        """Create the copies of copied snapshots, and remove files that no snapshot and no pending restore needs."""
        with self._context.lock:
            backend = self._context.backend("rds")
            snapshots = list(backend.database_snapshots.values())
            creating = [one for one in backend.databases.values() if one.status == "creating"]
        restoring = {getattr(one, "restored_from", "") for one in creating}
        for snapshot in snapshots:
            source = self.path(snapshot.copied_from)
            if snapshot.status == "creating" and snapshot.copied_from and source.exists():
                partial = self._folder / f"{snapshot.copy_name}.partial"
                shutil.copyfile(source, partial)
                partial.replace(self.path(snapshot.copy_name))
                self._set_available(snapshot)
        for left_over in self._folder.glob("*.partial"):
            left_over.unlink()
        known = {snapshot.copy_name for snapshot in snapshots} | restoring
        for file in self._folder.glob("*.tar.gz"):
            if file.name.removesuffix(".tar.gz") not in known:
                file.unlink()

    def _pending(self, instance: Instance) -> list[Any]:
        with self._context.lock:
            return [
                snapshot
                for snapshot in self._context.backend("rds").database_snapshots.values()
                if snapshot.status == "creating"
                and snapshot.dbi_resource_id == instance.resource_id
                and not snapshot.copied_from
            ]

    def _set_available(self, snapshot: Any) -> None:
        with self._context.lock:
            snapshot.status, snapshot.percent_progress, snapshot.ended_at = "available", 100, utcnow()
            self._context.touch()
