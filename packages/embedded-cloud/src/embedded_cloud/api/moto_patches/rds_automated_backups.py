"""RDS: automated backups.

An automated backup is the automated snapshots of one instance, each a base backup, and the write-ahead log that the
agent archives since the oldest of them.
docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.rds.exceptions import RDSClientError
from moto.rds.models import DBInstance, DBSnapshot, RDSBackend
from moto.rds.responses import RDSResponse

from embedded_cloud.api.moto_patches.rds_snapshots import AUTOMATED
from embedded_cloud.api.moto_patches.replace import Method, replace_method, wrap_method


@dataclass(frozen=True, kw_only=True)
class AutomatedBackup:
    """The backup of one instance. Times are naive and in UTC, as moto's."""

    database: DBInstance
    """The instance; of a retained backup, what the instance was."""
    snapshots: Sequence[DBSnapshot]
    """The finished ones, oldest first."""
    retained: bool
    """Whether the instance is deleted."""

    @property
    def resource_id(self) -> str:
        return str(self.database.dbi_resource_id)

    @property
    def arn(self) -> str:
        own = self.resource_id.removeprefix("db-").lower()
        return f"{self.database.arn.rpartition(':db:')[0]}:auto-backup:ab-{own}"

    @property
    def latest(self) -> datetime | None:
        """The last moment that the archived log reaches."""
        found: datetime | None = self.database.latest_restorable_time
        return found

    @property
    def earliest(self) -> datetime | None:
        """The first moment within the retention that a base backup reaches."""
        if not self.snapshots or self.latest is None:
            return None
        oldest: datetime = self.snapshots[0].ended_at
        return max(oldest, self.latest - timedelta(days=self.database.backup_retention_period))

    def base_for(self, moment: datetime) -> DBSnapshot | None:
        """The newest base backup that was finished at this moment."""
        return next((one for one in reversed(self.snapshots) if one.ended_at <= moment), None)

    def describe(self) -> dict[str, Any]:
        """The backup as DescribeDBInstanceAutomatedBackups returns it."""
        database = self.database
        status = "retained" if self.retained else "active" if self.latest else "creating"
        return {
            "DBInstanceArn": database.arn,
            "DbiResourceId": self.resource_id,
            "DBInstanceAutomatedBackupsArn": self.arn,
            "DBInstanceIdentifier": database.db_instance_identifier,
            "Region": database.region,
            "RestoreWindow": {"EarliestTime": self.earliest, "LatestTime": self.latest} if self.earliest else {},
            "AllocatedStorage": database.allocated_storage,
            "Status": status,
            "Port": database.port,
            "InstanceCreateTime": database.created,
            "MasterUsername": database.master_username,
            "Engine": database.engine,
            "EngineVersion": database.engine_version,
            "Encrypted": database.storage_encrypted,
            "KmsKeyId": database.kms_key_id,
            "StorageType": database.storage_type,
            "BackupRetentionPeriod": database.backup_retention_period,
        }


def automated_backups(backend: RDSBackend) -> list[AutomatedBackup]:
    """The backups of instances that keep some, and the retained ones."""
    own: dict[str, list[DBSnapshot]] = {}
    for snapshot in backend.database_snapshots.values():
        if snapshot.snapshot_type == AUTOMATED:
            own.setdefault(snapshot.dbi_resource_id, []).append(snapshot)
    live = {one.dbi_resource_id: one for one in backend.databases.values() if one.backup_retention_period}
    return [
        AutomatedBackup(
            database=live.get(resource_id) or own[resource_id][-1].database,
            snapshots=sorted((s for s in own.get(resource_id, []) if s.ended_at), key=lambda one: one.ended_at),
            retained=resource_id not in live,
        )
        for resource_id in {**live, **own}
    ]


def apply(*, agents: bool) -> None:
    """Patch RDS. Without agents, everything up to now can be restored."""
    restorable: Any = property(lambda self: self.restorable_until)
    replace_method(DBInstance, "latest_restorable_time", lambda original: restorable if agents else original)
    wrap_method(DBInstance, "save_automated_backup", _save)
    wrap_method(RDSBackend, "modify_db_instance", _modify)
    wrap_method(RDSBackend, "delete_db_instance", _delete_instance)
    RDSResponse.describe_db_instance_automated_backups = _describe
    RDSResponse.delete_db_instance_automated_backup = _delete  # moto has no such method


def _save(original: Method, self: DBInstance) -> None:
    if self.backup_retention_period:
        original(self)


def _modify(original: Method, self: RDSBackend, db_instance_identifier: str, changes: dict[str, Any]) -> DBInstance:
    before = self.describe_db_instances(db_instance_identifier)[0].backup_retention_period
    database: DBInstance = original(self, db_instance_identifier, changes)
    if before and not database.backup_retention_period:
        _delete_snapshots(self, database.dbi_resource_id)
        database.restorable_until = None
    elif database.backup_retention_period and not before:
        database.save_automated_backup()
    return database


def _delete_snapshots(backend: RDSBackend, resource_id: str) -> None:
    for name, snapshot in list(backend.database_snapshots.items()):
        if snapshot.snapshot_type == AUTOMATED and snapshot.dbi_resource_id == resource_id:
            del backend.database_snapshots[name]


def _delete_instance(
    original: Method, self: RDSBackend, db_instance_identifier: str, *others: Any, **named: Any
) -> Any:
    own = self.databases.get(db_instance_identifier)
    # moto also deletes those of earlier instances with the name.
    retained = {
        name: one
        for name, one in self.database_snapshots.items()
        if one.snapshot_type == AUTOMATED and own is not None and one.dbi_resource_id != own.dbi_resource_id
    }
    deleted: DBInstance = original(self, db_instance_identifier, *others, **named)
    self.database_snapshots.update(retained)
    return deleted


def _describe(self: RDSResponse) -> ActionResult:
    found = list(_matching(self.backend, self.params))
    wanted = self.params.get("DbiResourceId") or self.params.get("DBInstanceAutomatedBackupsArn")
    if wanted and not found:
        raise not_found(wanted)
    return ActionResult({"DBInstanceAutomatedBackups": [one.describe() for one in found]})


def _matching(backend: RDSBackend, asked: Any) -> Iterator[AutomatedBackup]:
    """The backups that a request asks for, by its members and filters."""
    filters = {one["Name"]: one["Values"] for one in asked.get("Filters", [])}
    for backup in automated_backups(backend):
        described = backup.describe()
        members = ("DbiResourceId", "DBInstanceAutomatedBackupsArn", "DBInstanceIdentifier")
        filtered = {"status": "Status", "db-instance-id": "DBInstanceIdentifier", "dbi-resource-id": "DbiResourceId"}
        if all(asked.get(name) in (None, described[name]) for name in members) and all(
            described[key] in filters.get(name, [described[key]]) for name, key in filtered.items()
        ):
            yield backup


def _delete(self: RDSResponse) -> ActionResult:
    wanted = str(self.params.get("DbiResourceId") or self.params.get("DBInstanceAutomatedBackupsArn"))
    found = next((one for one in automated_backups(self.backend) if wanted in (one.resource_id, one.arn)), None)
    if found is None:
        raise not_found(wanted)
    if not found.retained:
        raise RDSClientError(
            "InvalidDBInstanceAutomatedBackupState",
            f"The automated backup {wanted} is not in a valid state: it belongs to an active instance.",
        )
    described = found.describe()
    _delete_snapshots(self.backend, found.resource_id)
    return ActionResult({"DBInstanceAutomatedBackup": described})


def not_found(wanted: str) -> RDSClientError:
    """AWS's answer to an unknown automated backup."""
    return RDSClientError("DBInstanceAutomatedBackupNotFound", f"The automated backup {wanted} was not found.")


def expired(backup: AutomatedBackup) -> list[DBSnapshot]:
    """Base backups that no moment within the retention needs."""
    begin = utcnow() - timedelta(days=backup.database.backup_retention_period)
    if backup.retained and (backup.latest is None or backup.latest < begin):
        return list(backup.snapshots)
    first = backup.base_for(begin)
    return [] if first is None else [one for one in backup.snapshots if one.ended_at < first.ended_at]
