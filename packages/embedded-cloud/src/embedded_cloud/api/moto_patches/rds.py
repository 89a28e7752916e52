"""RDS: instances that wait for the agent, unique resource ids, all arguments; parameter and subnet groups."""

import uuid
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.rds.models import DBInstance, DBSubnetGroup, RDSBackend
from moto.rds.responses import RDSResponse

from embedded_cloud.api.moto_patches.replace import replace_method

Method = Callable[..., Any]

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
    """Patch RDS. Without agents an instance is available at once."""
    replace_method(DBInstance, "__init__", lambda original: _init(original, agents))
    replace_method(DBInstance, "default_db_parameter_group_details", lambda _: _default_parameter_group)
    replace_method(RDSBackend, "modify_db_instance", lambda original: _modify(original, agents))
    replace_method(RDSBackend, "reboot_db_instance", lambda original: _reboot(original, agents))
    replace_method(RDSBackend, "modify_db_subnet_group", _modify_subnet_group)
    RDSResponse.reset_db_parameter_group = _reset_parameter_group  # moto has no such method


def _init(original: Method, agents: bool) -> Method:
    def init(self: DBInstance, backend: RDSBackend, *positional: Any, **arguments: Any) -> None:
        arguments.setdefault("ca_certificate_identifier", CA_IDENTIFIER)
        original(self, backend, *positional, **arguments)
        # moto gives every instance the same id, which names the data volume.
        self.restored_from = ""
        self.dbi_resource_id = f"db-{uuid.uuid4().hex[:26].upper()}"
        self.network_type = "IPV4"
        self.performance_insights_enabled = False
        self.dedicated_log_volume = False
        _keep(self, arguments)
        if agents:
            self.status = "creating"

    return init


def _modify(original: Method, agents: bool) -> Method:
    def modify(self: RDSBackend, db_instance_identifier: str, db_kwargs: dict[str, Any]) -> DBInstance:
        if "db_port_number" in db_kwargs:
            db_kwargs["port"] = db_kwargs.pop("db_port_number")
        has_password = bool(db_kwargs.get("master_user_password"))
        database: DBInstance = original(self, db_instance_identifier, db_kwargs)
        _keep(database, db_kwargs)
        if agents:
            database.status = "resetting-master-credentials" if has_password else "modifying"
        return database

    return modify


def _reboot(original: Method, agents: bool) -> Method:
    def reboot(self: RDSBackend, db_instance_identifier: str) -> DBInstance:
        database: DBInstance = original(self, db_instance_identifier)
        if agents:
            database.status = "rebooting"
        return database

    return reboot


def _default_parameter_group(self: DBInstance) -> tuple[str, str]:
    # moto strips the last part of the version; "17" has only one.
    family = f"{self.engine.lower()}{self.engine_version.partition('.')[0]}"
    return family, f"default.{family}"


def _keep(database: DBInstance, arguments: dict[str, Any]) -> None:
    for argument, described_as in KEPT_ARGUMENTS.items():
        if arguments.get(argument) is not None:
            setattr(database, described_as, arguments[argument])


def _modify_subnet_group(original: Method) -> Method:
    def modify(self: RDSBackend, subnet_name: str, *arguments: Any, **named: Any) -> DBSubnetGroup:
        group: DBSubnetGroup = original(self, subnet_name, *arguments, **named)
        # moto removes the group to change it and does not put it back.
        self.subnet_groups[subnet_name] = group
        return group

    return modify


def _reset_parameter_group(self: RDSResponse) -> ActionResult:
    name = self.params.get("DBParameterGroupName")
    # Raises "not found" as AWS does.
    (group,) = self.backend.describe_db_parameter_groups({"db_parameter_group_name": name})
    if self.params.get("ResetAllParameters"):
        group.parameters.clear()
    for parameter in self.params.get("Parameters", []):
        group.parameters.pop(parameter.original_dict()["ParameterName"], None)
    return ActionResult({"DBParameterGroupName": group.name})
