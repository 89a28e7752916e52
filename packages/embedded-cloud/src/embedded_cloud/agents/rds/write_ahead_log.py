"""The write-ahead log of an instance: archived in a volume of its own, followed by a restore to a point in time."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from docker.models.containers import Container
from moto.core.utils import utcnow

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.agents.rds import configuration, postgres
from embedded_cloud.agents.rds.instance import Instance
from embedded_cloud.api.moto_patches.rds_automated_backups import automated_backups, expired

logger = logging.getLogger(__name__)

ROLE = "database-archive"
"""Role of the volumes."""
UPLOAD_SECONDS = 300
"""RDS uploads the log every five minutes.

docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html"""
BACKUP_INTERVAL = timedelta(days=1)
MARK = (
    "--command=SELECT extract(epoch FROM now()) FROM pg_logical_emit_message(true, 'restorable', '')",
    "--command=SELECT pg_walfile_name(pg_switch_wal())",
)
"""A restore stops before the first commit after its moment, so the log must hold one: that of this message."""
NEXT_SECOND = "--command=SELECT pg_sleep(1)"
"""Moments are whole seconds: a mark one second later includes every commit until now."""


@dataclass(frozen=True)
class Mark:
    """A moment that can be restored once a segment of the log is archived."""

    moment: datetime
    """Naive and in UTC, as moto's times."""
    segment: str


class WriteAheadLogs:
    """Uploads the log of each instance with automated backups, takes its daily base backup, and deletes expired ones.

    `LatestRestorableTime` is a moment that a restore has been shown to reach: the time of a commit in the archive.
    """

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._upload_seconds = max(1.0, context.config.clocks.shortened(UPLOAD_SECONDS))
        self._next: dict[str, float] = {}
        self._marks: dict[str, Mark] = {}
        self._finishing: set[str] = set()

    @property
    def archive_timeout(self) -> int:
        """PostgreSQL's setting, which also holds while no agent runs."""
        return max(1, round(self._upload_seconds))

    def volumes(self, instance: Instance) -> Mapping[str, Mapping[str, str]]:
        """Volumes for the instance's container: its archive, and that of the instance that it is restored from."""
        docker = self._context.docker
        own = {docker.volume(_suffix(instance.resource_id), ROLE): {"bind": configuration.ARCHIVE_FOLDER, "mode": "rw"}}
        if not instance.archive_of:
            return own
        return own | {
            docker.volume(_suffix(instance.archive_of), ROLE): {"bind": configuration.SOURCE_FOLDER, "mode": "ro"}
        }

    def follow(self, instance: Instance, container: Container) -> None:
        """Upload when it is time to, and note what can be restored."""
        if not instance.backup_days:
            return
        mark = self._marks.get(instance.resource_id)
        if mark is None and time.monotonic() >= self._next.get(instance.resource_id, 0.0):
            self._next[instance.resource_id] = time.monotonic() + self._upload_seconds
            mark = self._marks[instance.resource_id] = _mark(instance, container)
            self._back_up_daily(instance, container)
        if mark is not None and _is_archived(instance, container, mark.segment):
            del self._marks[instance.resource_id]
            self._set_restorable(instance, mark.moment)

    def finish(self, instance: Instance, container: Container | None) -> bool:
        """Upload the rest of the log of an instance whose backups outlive it. False until that is done."""
        with self._context.lock:
            backups = automated_backups(self._context.backend("rds"))
            kept = next((one for one in backups if one.resource_id == instance.resource_id and one.snapshots), None)
        if kept is None or container is None or container.status != "running" or not instance.backup_days:
            return True
        key = instance.resource_id
        if key not in self._finishing:
            postgres.psql(instance, container, NEXT_SECOND)
            self._marks[key] = _mark(instance, container)
            self._finishing.add(key)
        if not _is_archived(instance, container, self._marks[key].segment):
            return False
        self._set_restorable(instance, self._marks.pop(key).moment)
        return True

    def remove_orphans(self, known: list[Instance]) -> None:
        """Remove the archives that neither an instance, nor a retained backup, nor a restored instance needs."""
        with self._context.lock:
            retained = {one.resource_id for one in automated_backups(self._context.backend("rds")) if one.snapshots}
        needed = retained | {one.resource_id for one in known} | {one.archive_of for one in known if one.archive_of}
        names = {self._context.config.object_name(_suffix(resource_id)) for resource_id in needed}
        for volume in self._context.docker.volumes(ROLE):
            if volume.name not in names:
                volume.remove(force=True)

    def expire(self) -> None:
        """Delete base backups that no moment within the retention needs."""
        with self._context.lock:
            backend = self._context.backend("rds")
            for backup in automated_backups(backend):
                for snapshot in expired(backup):
                    del backend.database_snapshots[snapshot.db_snapshot_identifier]
                    self._context.touch()

    def _back_up_daily(self, instance: Instance, container: Container) -> None:
        with self._context.lock:
            backend = self._context.backend("rds")
            (backup,) = (one for one in automated_backups(backend) if one.resource_id == instance.resource_id)
            if backup.snapshots and backup.snapshots[-1].created + BACKUP_INTERVAL > utcnow():
                return
            if backup.snapshots:
                backend.databases[instance.identifier].save_automated_backup()
                self._context.touch()
        if backup.snapshots:
            oldest = backup.snapshots[0].created.replace(tzinfo=UTC).timestamp()
            older = ("-type", "f", "!", "-newermt", f"@{oldest}")
            postgres.run(container, ["find", configuration.ARCHIVE_FOLDER, *older, "-delete"])

    def _set_restorable(self, instance: Instance, moment: datetime) -> None:
        with self._context.lock:
            backend = self._context.backend("rds")
            database = backend.databases.get(instance.identifier)
            if database is None or database.dbi_resource_id != instance.resource_id:
                return
            own = next(one for one in automated_backups(backend) if one.resource_id == instance.resource_id)
            # The first base backup is the first moment.
            if own.snapshots and own.snapshots[0].ended_at <= moment:
                database.restorable_until = moment
                for snapshot in own.snapshots:
                    # What a retained backup is described by.
                    snapshot.database.restorable_until = moment
                self._context.touch()


def recovery_conf(instance: Instance) -> str:
    """Settings that follow the source's log until the moment of the restore; empty for any other instance."""
    if instance.restore_time is None:
        return ""
    segment = f"{configuration.SOURCE_FOLDER}/%f.gz"
    return f"""\
restore_command = 'test -e {segment} && gzip -dc {segment} > %p'
recovery_target_time = '{instance.restore_time.isoformat(" ")}+00'
recovery_target_action = 'promote'
"""


def _suffix(resource_id: str) -> str:
    return f"{resource_id.lower()}-log"


def _mark(instance: Instance, container: Container) -> Mark:
    seconds, segment = postgres.psql(instance, container, *MARK).splitlines()
    return Mark(datetime.fromtimestamp(int(float(seconds)), UTC).replace(tzinfo=None), segment)


def _is_archived(instance: Instance, container: Container, segment: str) -> bool:
    last = postgres.psql(instance, container, "--command=SELECT left(last_archived_wal, 24) FROM pg_stat_archiver")
    return last >= segment
