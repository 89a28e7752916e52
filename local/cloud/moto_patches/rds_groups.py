"""RDS: parameter groups whose parameters can be reset, and subnet groups that outlive their own change."""

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.rds.models import DBSubnetGroup, RDSBackend
from moto.rds.responses import RDSResponse

from local.cloud.moto_patches.replace import replace_method

Method = Callable[..., Any]


def apply() -> None:
    """Patch RDS's groups. Idempotent."""
    replace_method(RDSBackend, "modify_db_subnet_group", _modify_subnet_group)
    RDSResponse.reset_db_parameter_group = _reset_parameter_group  # what moto has no method for


def _modify_subnet_group(original: Method) -> Method:
    def modify(self: RDSBackend, subnet_name: str, *arguments: Any, **named: Any) -> DBSubnetGroup:
        group: DBSubnetGroup = original(self, subnet_name, *arguments, **named)
        # moto takes it out of the books to change it and does not put it back.
        self.subnet_groups[subnet_name] = group
        return group

    return modify


def _reset_parameter_group(self: RDSResponse) -> ActionResult:
    name = self.params.get("DBParameterGroupName")
    # Asking for it answers "not found" as AWS does.
    (group,) = self.backend.describe_db_parameter_groups({"db_parameter_group_name": name})
    if self.params.get("ResetAllParameters"):
        group.parameters.clear()
    for parameter in self.params.get("Parameters", []):
        group.parameters.pop(parameter.original_dict()["ParameterName"], None)
    return ActionResult({"DBParameterGroupName": group.name})
