"""RDS: snapshots and deletions that wait for the agent, and restored instances."""

import uuid
from collections.abc import Callable
from typing import Any

from moto.rds.exceptions import InvalidDBInstanceStateFault, InvalidParameterCombination, RDSClientError
from moto.rds.models import DBInstance, DBSnapshot, RDSBackend

from embedded_cloud.api.moto_patches.replace import replace_method

Method = Callable[..., Any]

SNAPSHOT_ENDED = ("available", "failed")


def apply(*, agents: bool) -> None:
    """Patch snapshots. Without agents, snapshots are available and instances are deleted at once."""
    replace_method(DBSnapshot, "__init__", lambda original: _init(original, agents))
    replace_method(RDSBackend, "create_db_snapshot", lambda original: _create(original, agents))
    replace_method(RDSBackend, "copy_db_snapshot", _copy)
    replace_method(RDSBackend, "delete_db_snapshot", _delete_snapshot)
    replace_method(RDSBackend, "delete_db_instance", lambda original: _delete_instance(original, agents))
    replace_method(RDSBackend, "restore_db_instance_from_db_snapshot", _restore)
    replace_method(DBInstance, "save_automated_backup", lambda original: _no_automated_backup if agents else original)
    replace_method(
        RDSBackend,
        "restore_db_instance_to_point_in_time",
        lambda original: _refuse_point_in_time if agents else original,
    )


def _init(original: Method, agents: bool) -> Method:
    def init(self: DBSnapshot, *positional: Any, **arguments: Any) -> None:
        original(self, *positional, **arguments)
        self.copy_name = uuid.uuid4().hex  # names are reused, this is not
        self.copied_from = ""
        self.percent_progress = 100
        if agents:
            self.status, self.percent_progress = "creating", 0

    return init


def _create(original: Method, agents: bool) -> Method:
    def create(
        self: RDSBackend, db_instance_identifier: str, db_snapshot_identifier: str, *others: Any, **named: Any
    ) -> DBSnapshot:
        database = self.databases.get(db_instance_identifier)
        if agents and database is not None and database.status not in ("available", "deleting"):
            raise RDSClientError(
                "InvalidDBInstanceState",
                f"Cannot create a snapshot because the database instance {db_instance_identifier} is not currently in "
                "the available state.",
            )
        snapshot: DBSnapshot = original(self, db_instance_identifier, db_snapshot_identifier, *others, **named)
        if agents and database is not None and database.status == "available":
            database.status = "backing-up"
        return snapshot

    return create


def _copy(original: Method) -> Method:
    def copy(self: RDSBackend, source_db_snapshot_identifier: str, *others: Any, **named: Any) -> DBSnapshot:
        snapshot: DBSnapshot = original(self, source_db_snapshot_identifier, *others, **named)
        snapshot.copied_from = self.get_db_snapshot(source_db_snapshot_identifier).copy_name
        return snapshot

    return copy


def _delete_snapshot(original: Method) -> Method:
    def delete(self: RDSBackend, db_snapshot_identifier: str) -> DBSnapshot:
        snapshot = self.database_snapshots.get(db_snapshot_identifier)
        if snapshot is not None and snapshot.status not in SNAPSHOT_ENDED:
            raise RDSClientError(
                "InvalidDBSnapshotState",
                "Cannot delete the snapshot because it is not currently in the available or failed state.",
            )
        deleted: DBSnapshot = original(self, db_snapshot_identifier)
        return deleted

    return delete


def _delete_instance(original: Method, agents: bool) -> Method:
    def delete(
        self: RDSBackend,
        db_instance_identifier: str,
        final_db_snapshot_identifier: str | None = None,
        skip_final_snapshot: bool | None = False,
        **named: Any,
    ) -> DBInstance:
        database = self.databases.get(db_instance_identifier)
        if database is not None and database.status == "deleting":
            raise InvalidDBInstanceStateFault(f"Instance {db_instance_identifier} is already being deleted.")
        _check_final_snapshot(final_db_snapshot_identifier, bool(skip_final_snapshot))
        before = database.status if database is not None else ""
        if database is not None:
            database.status = "deleting"
        try:
            deleted: DBInstance = original(
                self, db_instance_identifier, final_db_snapshot_identifier, skip_final_snapshot, **named
            )
        except RDSClientError:
            if database is not None:
                database.status = before
            raise
        if agents:
            # The agent deletes it after its final snapshot and its container.
            self.databases[db_instance_identifier] = deleted
        return deleted

    return delete


def _check_final_snapshot(name: str | None, skip: bool) -> None:
    if not skip and not name:
        raise InvalidParameterCombination(
            "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
        )
    if skip and name:
        raise InvalidParameterCombination("FinalDBSnapshotIdentifier cannot be specified with SkipFinalSnapshot.")


def _restore(original: Method) -> Method:
    def restore(self: RDSBackend, from_snapshot_id: str, overrides: dict[str, Any]) -> DBInstance:
        snapshot = self.get_db_snapshot(from_snapshot_id)
        if snapshot.status != "available":
            raise RDSClientError(
                "InvalidDBSnapshotState", f"The snapshot {from_snapshot_id} is not in the available state."
            )
        database: DBInstance = original(self, from_snapshot_id, overrides)
        database.restored_from = snapshot.copy_name
        # AWS does not copy these from the original instance.
        database.deletion_protection = bool(overrides.get("deletion_protection"))
        database.multi_az = bool(overrides.get("multi_az"))
        return database

    return restore


def _refuse_point_in_time(_self: RDSBackend, *_: Any, **__: Any) -> DBInstance:
    raise RDSClientError(
        "PointInTimeRestoreNotEnabled",
        "The embedded cloud has no write-ahead log to restore from: restore a snapshot instead.",
    )


def _no_automated_backup(_self: DBInstance) -> None:
    """The embedded cloud makes no automated backups."""
