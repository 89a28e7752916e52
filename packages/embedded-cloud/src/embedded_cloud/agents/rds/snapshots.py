"""DB snapshots: base backups of the running PostgreSQL in the cloud's state folder."""

import logging
import shutil
from pathlib import Path
from typing import Any

from docker.models.containers import Container

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.agents.rds.instance import Instance
from embedded_cloud.agents.rds.postgres import base_backup

logger = logging.getLogger(__name__)


class Snapshots:
    """Creates the copies of moto's snapshots, and removes the copies of deleted ones."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._folder = context.config.state_dir / "db-snapshots"

    def path(self, copy_name: str) -> Path:
        """Return the path of a snapshot's copy."""
        return self._folder / f"{copy_name}.tar.gz"

    def is_pending(self, instance: Instance) -> bool:
        """Return whether a snapshot of the instance has no copy yet."""
        return bool(self._pending(instance))

    def take(self, instance: Instance, container: Container) -> None:
        """Back up the running server for its pending snapshots. Raises RuntimeError with PostgreSQL's message."""
        for snapshot in self._pending(instance):
            path = self.path(snapshot.copy_name)
            if not path.exists():
                base_backup.save(container, instance.port, path)
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
            snapshot.status, snapshot.percent_progress = "available", 100
            self._context.touch()
