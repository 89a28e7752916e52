"""DB snapshots: real copies of the running PostgreSQL, kept beside the cloud's state."""

import logging
import shutil
from pathlib import Path
from typing import Any

from docker.models.containers import Container

from local.cloud.context import CloudContext
from local.cloud.postgres import base_backup
from local.cloud.rds_instance import Instance

logger = logging.getLogger("preqly.cloud")


class Snapshots:
    """Takes the snapshots that moto knows and has no copy of, and removes the copies it does not know."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._folder = context.config.state_dir / "db-snapshots"

    def path(self, copy_name: str) -> Path:
        """Where the copy of one snapshot is kept."""
        return self._folder / f"{copy_name}.tar.gz"

    def is_wanted(self, instance: Instance) -> bool:
        """Whether a snapshot of the instance waits for its copy."""
        return bool(self._waiting(instance))

    def take(self, instance: Instance, container: Container) -> None:
        """Copy the running server for every snapshot of it that waits. Raises RuntimeError with PostgreSQL's words."""
        for snapshot in self._waiting(instance):
            path = self.path(snapshot.copy_name)
            if not path.exists():
                base_backup.save(container, instance.port, path)
                size = path.stat().st_size / 2**20
                logger.info("rds: snapshot %s of %s: %.1f MiB", snapshot.resource_id, instance.identifier, size)
            self._set_available(snapshot)

    def follow(self) -> None:
        """Copies of snapshots, and the end of what belongs to none. A database that is being restored keeps its own."""
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

    def _waiting(self, instance: Instance) -> list[Any]:
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
            snapshot.status, snapshot.percent_progress = "available", 100
            self._context.touch()
