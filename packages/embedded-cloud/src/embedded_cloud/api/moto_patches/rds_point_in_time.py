"""RDS: the restore to a point in time, from an automated backup.

docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceToPointInTime.html
"""

import copy
from datetime import datetime
from typing import Any

from moto.rds.exceptions import (
    DBInstanceAlreadyExists,
    DBInstanceNotFoundError,
    InvalidParameterCombination,
    InvalidParameterValue,
    RDSClientError,
)
from moto.rds.models import DBInstance, RDSBackend

from embedded_cloud.api.moto_patches.rds_automated_backups import AutomatedBackup, automated_backups, not_found
from embedded_cloud.api.moto_patches.replace import Method, wrap_method


def apply() -> None:
    """Patch RDS. The agent of a new instance follows the log until its `restore_time`."""
    wrap_method(RDSBackend, "restore_db_instance_to_point_in_time", _restore)


def _restore(
    _original: Method, self: RDSBackend, source_db_identifier: str | None, target_db_identifier: str, asked: Any
) -> DBInstance:
    if target_db_identifier in self.databases:
        raise DBInstanceAlreadyExists
    backup = _source(self, source_db_identifier, asked)
    moment = _moment(backup, asked)
    base = backup.base_for(moment)
    if base is None:
        raise AssertionError("a moment in the restore window has a base backup")
    # AWS restores the data of then with the configuration of now.
    base.database = copy.copy(backup.database)
    database = self.restore_db_instance_from_db_snapshot(
        base.db_snapshot_identifier, {**asked, "db_instance_identifier": target_db_identifier}
    )
    database.restore_time, database.archive_of = moment, backup.resource_id
    return database


def _source(backend: RDSBackend, identifier: str | None, asked: Any) -> AutomatedBackup:
    backups = automated_backups(backend)
    if identifier:
        if identifier not in backend.databases:
            raise DBInstanceNotFoundError(identifier)
        live = (one for one in backups if not one.retained and one.database.db_instance_identifier == identifier)
        if found := next(live, None):
            return found
        raise RDSClientError(
            "PointInTimeRestoreNotEnabled",
            f"Point-in-time restore is not enabled: instance {identifier} has BackupRetentionPeriod equal to 0.",
        )
    wanted = asked.get("source_dbi_resource_id") or asked.get("source_db_instance_automated_backups_arn")
    if not wanted:
        raise InvalidParameterCombination(
            "One of SourceDBInstanceIdentifier, SourceDbiResourceId and SourceDBInstanceAutomatedBackupsArn must be "
            "specified."
        )
    if found := next((one for one in backups if wanted in (one.resource_id, one.arn)), None):
        return found
    raise not_found(wanted)


def _moment(backup: AutomatedBackup, asked: Any) -> datetime:
    moment, use_latest = asked.get("restore_time"), asked.get("use_latest_restorable_time")
    if bool(moment) == bool(use_latest):
        problem = "can't both be" if moment else "are not specified: one of them must be"
        raise InvalidParameterCombination(f"RestoreTime and UseLatestRestorableTime {problem} specified.")
    earliest, latest = backup.earliest, backup.latest
    if earliest is None or latest is None:
        raise RDSClientError(
            "InvalidDBInstanceState",
            f"Instance {backup.database.db_instance_identifier} has no automated backup that can be restored yet.",
        )
    if use_latest:
        return latest
    if not earliest <= moment <= latest:
        raise InvalidParameterValue(
            f"The specified RestoreTime {moment:%Y-%m-%dT%H:%M:%SZ} is not in the restore window of "
            f"{backup.database.db_instance_identifier}: {earliest:%Y-%m-%dT%H:%M:%SZ} to {latest:%Y-%m-%dT%H:%M:%SZ}."
        )
    return moment  # type: ignore[no-any-return]
