"""RDS: instances that wait for the agent, unique resource ids, all arguments; groups."""

import uuid
from typing import Any

from moto.core.responses import ActionResult
from moto.rds.exceptions import InvalidDBInstanceStateFault, InvalidParameterCombination, RDSClientError
from moto.rds.models import DBInstance, DBSubnetGroup, RDSBackend
from moto.rds.responses import RDSResponse

from embedded_cloud.api.moto_patches.replace import Method, replace_method, wrap_method

KEPT_ARGUMENTS = {
    "enable_performance_insights": "performance_insights_enabled",
    "performance_insights_kms_key_id": "performance_insights_kms_key_id",
    "performance_insights_retention_period": "performance_insights_retention_period",
    "database_insights_mode": "database_insights_mode",
    "dedicated_log_volume": "dedicated_log_volume",
    "network_type": "network_type",
    "enable_customer_owned_ip": "customer_owned_ip_enabled",
}
"""Arguments that moto drops, with their names in AWS's description."""

CA_IDENTIFIER = "rds-ca-rsa2048-g1"
"""AWS's default."""


def apply(*, agents: bool) -> None:
    """Patch RDS. Without agents, instances are available, and deleted, at once."""
    wrap_method(DBInstance, "__init__", _init, agents)
    replace_method(DBInstance, "default_db_parameter_group_details", lambda _: _default_parameter_group)
    wrap_method(RDSBackend, "modify_db_instance", _modify, agents)
    wrap_method(RDSBackend, "reboot_db_instance", _reboot, agents)
    wrap_method(RDSBackend, "modify_db_subnet_group", _modify_subnet_group)
    RDSResponse.reset_db_parameter_group = _reset_parameter_group  # moto has no such method
    wrap_method(RDSBackend, "delete_db_instance", _delete_instance, agents)


def _init(
    original: Method, agents: bool, self: DBInstance, backend: RDSBackend, *positional: Any, **arguments: Any
) -> None:
    arguments.setdefault("ca_certificate_identifier", CA_IDENTIFIER)
    original(self, backend, *positional, **arguments)
    # moto gives every instance the same id, which names the data volume.
    self.restored_from = ""
    """Copy of the snapshot that the data comes from."""
    self.archive_of, self.restore_time = "", None
    """Resource id of the instance whose write-ahead log follows, and until when; naive, in UTC, as moto's times."""
    self.restorable_until = None
    self.dbi_resource_id = f"db-{uuid.uuid4().hex[:26].upper()}"
    self.network_type = "IPV4"
    self.performance_insights_enabled = False
    self.dedicated_log_volume = False
    _keep(self, arguments)
    if agents:
        self.status = "creating"


def _modify(
    original: Method, agents: bool, self: RDSBackend, db_instance_identifier: str, db_kwargs: dict[str, Any]
) -> DBInstance:
    if "db_port_number" in db_kwargs:
        db_kwargs["port"] = db_kwargs.pop("db_port_number")
    current = self.describe_db_instances(db_instance_identifier)[0]
    _check_storage(current, db_kwargs)
    restarts = db_kwargs.get("db_instance_class") not in (None, current.db_instance_class)
    has_password = bool(db_kwargs.get("master_user_password"))
    database: DBInstance = original(self, db_instance_identifier, db_kwargs)
    _keep(database, db_kwargs)
    if agents and restarts:
        # Another class means another machine.
        database.status = "rebooting"
    elif agents:
        database.status = "resetting-master-credentials" if has_password else "modifying"
    return database


def _check_storage(database: DBInstance, changes: dict[str, Any]) -> None:
    """Refuse storage that shrinks, and a limit for its growth without room; the size itself turns growth off."""
    current, limit = int(database.allocated_storage), changes.get("max_allocated_storage")
    wanted = int(changes.get("allocated_storage") or current)
    if wanted < current:
        raise InvalidParameterCombination(
            f"Requested storage size ({wanted}) is less than the current allocated storage ({current})."
        )
    if limit is not None and int(limit) != wanted and int(limit) * 10 < wanted * 11:
        raise InvalidParameterCombination("The maximum allocated storage must be increased by at least 10 percent.")


def _reboot(original: Method, agents: bool, self: RDSBackend, db_instance_identifier: str) -> DBInstance:
    database: DBInstance = original(self, db_instance_identifier)
    if agents:
        database.status = "rebooting"
    return database


def _default_parameter_group(self: DBInstance) -> tuple[str, str]:
    # moto strips the last part of the version; "17" has only one.
    family = f"{self.engine.lower()}{self.engine_version.partition('.')[0]}"
    return family, f"default.{family}"


def _keep(database: DBInstance, arguments: dict[str, Any]) -> None:
    for argument, described_as in KEPT_ARGUMENTS.items():
        if arguments.get(argument) is not None:
            setattr(database, described_as, arguments[argument])


def _modify_subnet_group(
    original: Method, self: RDSBackend, subnet_name: str, *arguments: Any, **named: Any
) -> DBSubnetGroup:
    group: DBSubnetGroup = original(self, subnet_name, *arguments, **named)
    # moto removes the group to change it and does not put it back.
    self.subnet_groups[subnet_name] = group
    return group


def _reset_parameter_group(self: RDSResponse) -> ActionResult:
    name = self.params.get("DBParameterGroupName")
    # Raises "not found" as AWS does.
    (group,) = self.backend.describe_db_parameter_groups({"db_parameter_group_name": name})
    if self.params.get("ResetAllParameters"):
        group.parameters.clear()
    for parameter in self.params.get("Parameters", []):
        group.parameters.pop(parameter.original_dict()["ParameterName"], None)
    return ActionResult({"DBParameterGroupName": group.name})


def _delete_instance(
    original: Method,
    agents: bool,
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


def _check_final_snapshot(name: str | None, skip: bool) -> None:
    if not skip and not name:
        raise InvalidParameterCombination(
            "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
        )
    if skip and name:
        raise InvalidParameterCombination("FinalDBSnapshotIdentifier cannot be specified with SkipFinalSnapshot.")
