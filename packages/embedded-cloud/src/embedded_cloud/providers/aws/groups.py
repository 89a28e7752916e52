"""Subnet groups and parameter groups, which RDS and ElastiCache have in one form under names of their own."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from embedded_cloud.providers.aws.references import SUBNET
from embedded_cloud.providers.call import Call, capital, report
from embedded_cloud.providers.entry import AutoName, Reference, ResourceType, Tagging
from embedded_cloud.providers.values import Values

DESCRIPTION = "Managed by Pulumi"
"""Description that pulumi-aws gives a group without one."""
METHOD = "immediate"
"""`applyMethod` that pulumi-aws gives a parameter without one."""
NAME = AutoName(max_length=255, lower=True)


@dataclass(frozen=True, kw_only=True)
class GroupKind:
    """One kind of group of one service."""

    label: str
    """What AWS calls it, `DB subnet group`. Its operations, parameters and answers are named after it."""
    service: str
    arn: str
    """Key of the ARN in the answer."""
    tags: Tagging

    @property
    def stem(self) -> str:
        """`DBSubnetGroup`."""
        return "".join(map(capital, self.label.split()))

    @property
    def _words(self) -> str:
        """`db_subnet_group`."""
        return self.label.lower().replace(" ", "_")

    @property
    def reference(self) -> Reference:
        return Reference(self.label, self.describe)

    def run(self, call: Call, verb: str, name: str, **parameters: Any) -> None:
        """Call the service's operation: `run(call, "modify", name, ...)` is ModifyDBSubnetGroup."""
        getattr(call.aws(self.service), f"{verb}_{self._words}")(**{f"{self.stem}Name": name}, **parameters)

    def describe(self, call: Call, name: str) -> dict[str, Any]:
        answer = getattr(call.aws(self.service), f"describe_{self._words}s")(**{f"{self.stem}Name": name})
        (group,) = answer[f"{self.stem}s"]
        return dict(group)

    def delete(self, call: Call) -> None:
        self.run(call, "delete", call.id)


@dataclass(frozen=True, kw_only=True)
class ParameterGroupKind(GroupKind):
    """A group whose parameters the service lists by an operation of its own."""

    listing: str
    """Operation that lists the parameters."""
    changes: str
    """Parameter of Modify and Reset with the list of changes."""
    members: Mapping[str, str]
    """Member of a change for each key of a Pulumi parameter."""


def subnet_group(token: str, kind: GroupKind, **more: Any) -> ResourceType:
    """The entry of a subnet group; `more` are fields of ResourceType."""
    return ResourceType(
        token,
        create=partial(_create_subnets, kind),
        read=partial(_read_subnets, kind),
        update=lambda call: kind.run(call, "modify", call.id, **_subnets(kind, call)),
        delete=kind.delete,
        reported="name description subnetIds",
        replaces="name",
        name=NAME,
        tags=kind.tags,
        references={"subnetIds": SUBNET},
        unordered="subnetIds",
        **more,
    )


def parameter_group(token: str, kind: ParameterGroupKind, **more: Any) -> ResourceType:
    """The entry of a parameter group; `more` are fields of ResourceType."""
    return ResourceType(
        token,
        create=partial(_create_parameters, kind),
        read=partial(_read_parameters, kind),
        update=partial(_set_parameters, kind),
        delete=kind.delete,
        reported="name family description parameters",
        replaces="name family description",
        name=NAME,
        tags=kind.tags,
        equal={"parameters": _same_parameters},
        **more,
    )


def _subnets(kind: GroupKind, call: Call) -> dict[str, Any]:
    return {f"{kind.stem}Description": call.inputs.get("description", DESCRIPTION), **call.params("subnetIds")}


def _create_subnets(kind: GroupKind, call: Call) -> str:
    kind.run(call, "create", call.inputs["name"], **_subnets(kind, call))
    return str(call.inputs["name"])


def _read_subnets(kind: GroupKind, call: Call) -> Values:
    group = kind.describe(call, call.id)
    return {
        **report(group, name=f"{kind.stem}Name", description=f"{kind.stem}Description", vpcId="VpcId", arn=kind.arn),
        "subnetIds": [subnet["SubnetIdentifier"] for subnet in group["Subnets"]],
    }


def _create_parameters(kind: ParameterGroupKind, call: Call) -> str:
    described = {
        f"{kind.stem}Family": call.inputs["family"],
        "Description": call.inputs.get("description", DESCRIPTION),
    }
    kind.run(call, "create", call.inputs["name"], **described)
    call.id = call.inputs["name"]
    _set_parameters(kind, call)
    return call.id


def _set_parameters(kind: ParameterGroupKind, call: Call) -> None:
    wanted, before = (
        {one["name"]: _change(kind, one) for one in inputs.get("parameters", [])}
        for inputs in (call.inputs, call.old_inputs)
    )
    value = kind.members["value"]
    gone = [{key: text for key, text in before[name].items() if key != value} for name in before if name not in wanted]
    for verb, changes in (("reset", gone), ("modify", list(wanted.values()))):
        if changes:
            kind.run(call, verb, call.id, **{kind.changes: changes})


def _change(kind: ParameterGroupKind, one: Values) -> dict[str, str]:
    given = {"applyMethod": METHOD, **one}
    return {member: str(given[key]) for key, member in kind.members.items()}


def _read_parameters(kind: ParameterGroupKind, call: Call) -> Values:
    group = kind.describe(call, call.id)
    pages = call.aws(kind.service).get_paginator(kind.listing).paginate(**{f"{kind.stem}Name": call.id}, Source="user")
    return {
        **report(group, name=f"{kind.stem}Name", family=f"{kind.stem}Family", description="Description", arn=kind.arn),
        "parameters": [
            {key: one[member] for key, member in kind.members.items()} for page in pages for one in page["Parameters"]
        ],
    }


def _same_parameters(one: Any, other: Any) -> bool:
    def by_name(parameters: Any) -> list[tuple[str, str, str]]:
        return sorted((p["name"], str(p["value"]), p.get("applyMethod", METHOD)) for p in parameters)

    return by_name(one) == by_name(other)
