"""RDS: snapshots that wait for the agent, and what a restored instance takes from its snapshot."""

import uuid
from typing import Any

from moto.core.utils import utcnow
from moto.rds.exceptions import RDSClientError
from moto.rds.models import DBInstance, DBSnapshot, RDSBackend
from moto.rds.responses import RDSResponse

from embedded_cloud.api.moto_patches.replace import Method, wrap_method

ENDED = ("available", "failed")
AUTOMATED = "automated"


def apply(*, agents: bool) -> None:
    """Patch RDS. Without agents, snapshots are available at once."""
    wrap_method(DBSnapshot, "__init__", _init, agents)
    wrap_method(RDSBackend, "create_db_snapshot", _create, agents)
    wrap_method(RDSBackend, "copy_db_snapshot", _copy)
    wrap_method(RDSBackend, "delete_db_snapshot", _delete)
    wrap_method(RDSResponse, "delete_db_snapshot", _refuse_automated)
    wrap_method(RDSBackend, "restore_db_instance_from_db_snapshot", _restore)


def _init(original: Method, agents: bool, self: DBSnapshot, *positional: Any, **arguments: Any) -> None:
    original(self, *positional, **arguments)
    self.copy_name = uuid.uuid4().hex  # names are reused, this is not
    self.copied_from = ""
    self.percent_progress = 100
    self.ended_at = utcnow()
    if agents:
        self.status, self.percent_progress, self.ended_at = "creating", 0, None


def _create(
    original: Method,
    agents: bool,
    self: RDSBackend,
    db_instance_identifier: str,
    db_snapshot_identifier: str,
    *others: Any,
    **named: Any,
) -> DBSnapshot:
    database = self.databases.get(db_instance_identifier)
    manual = named.get("snapshot_type", "manual") == "manual"
    if agents and manual and database is not None and database.status not in ("available", "deleting"):
        raise RDSClientError(
            "InvalidDBInstanceState",
            f"Cannot create a snapshot because the database instance {db_instance_identifier} is not currently in "
            "the available state.",
        )
    snapshot: DBSnapshot = original(self, db_instance_identifier, db_snapshot_identifier, *others, **named)
    if agents and manual and database is not None and database.status == "available":
        database.status = "backing-up"
    return snapshot


def _copy(
    original: Method, self: RDSBackend, source_db_snapshot_identifier: str, *others: Any, **named: Any
) -> DBSnapshot:
    snapshot: DBSnapshot = original(self, source_db_snapshot_identifier, *others, **named)
    snapshot.copied_from = self.get_db_snapshot(source_db_snapshot_identifier).copy_name
    return snapshot


def _delete(original: Method, self: RDSBackend, db_snapshot_identifier: str) -> DBSnapshot:
    snapshot = self.database_snapshots.get(db_snapshot_identifier)
    # RDS itself also ends unfinished backups, when it deletes their instance.
    if snapshot is not None and snapshot.status not in ENDED and snapshot.snapshot_type != AUTOMATED:
        raise RDSClientError(
            "InvalidDBSnapshotState",
            "Cannot delete the snapshot because it is not currently in the available or failed state.",
        )
    deleted: DBSnapshot = original(self, db_snapshot_identifier)
    return deleted


def _refuse_automated(original: Method, self: RDSResponse) -> Any:
    found = self.backend.database_snapshots.get(self.params.get("DBSnapshotIdentifier"))
    if found is not None and found.snapshot_type == AUTOMATED:
        raise RDSClientError("InvalidDBSnapshotState", "Only manual snapshots may be deleted.")
    return original(self)


def _restore(original: Method, self: RDSBackend, from_snapshot_id: str, overrides: dict[str, Any]) -> DBInstance:
    snapshot = self.get_db_snapshot(from_snapshot_id)
    if snapshot.status != "available":
        raise RDSClientError(
            "InvalidDBSnapshotState", f"The snapshot {from_snapshot_id} is not in the available state."
        )
    database: DBInstance = original(self, from_snapshot_id, overrides)
    database.restored_from = snapshot.copy_name
    # The data holds the password of its time, until ModifyDBInstance sets another.
    database._master_user_password = ""
    # AWS does not copy these from the original instance.
    database.deletion_protection = bool(overrides.get("deletion_protection"))
    database.multi_az = bool(overrides.get("multi_az"))
    return database
