"""RDS: subnet groups, parameter groups, event subscriptions."""

from typing import Any

from embedded_cloud.providers.aws.references import SUBNET
from embedded_cloud.providers.aws.sns import TOPIC
from embedded_cloud.providers.aws.tagging import RDS_TAGS
from embedded_cloud.providers.call import Call, report
from embedded_cloud.providers.entry import AutoName, Reference, ResourceType
from embedded_cloud.providers.values import Values

SUBNETS = Reference(
    "DB subnet group", lambda call, name: call.aws("rds").describe_db_subnet_groups(DBSubnetGroupName=name)
)
PARAMETERS = Reference(
    "DB parameter group", lambda call, name: call.aws("rds").describe_db_parameter_groups(DBParameterGroupName=name)
)
SNAPSHOT = Reference("DB snapshot", lambda call, name: call.aws("rds").describe_db_snapshots(DBSnapshotIdentifier=name))
_NAMED = ("ParameterName", "ApplyMethod")
DESCRIPTION = "Managed by Pulumi"
"""Description that pulumi-aws gives a group without one."""


def _subnets(call: Call) -> dict[str, Any]:
    described = call.inputs.get("description", DESCRIPTION)
    return {"DBSubnetGroupDescription": described, **call.params("subnetIds", name="DBSubnetGroupName")}


def _create_subnets(call: Call) -> str:
    call.aws("rds").create_db_subnet_group(**_subnets(call))
    return str(call.inputs["name"])


def _read_subnets(call: Call) -> Values:
    (group,) = call.aws("rds").describe_db_subnet_groups(DBSubnetGroupName=call.id)["DBSubnetGroups"]
    return {
        **report(group, name="DBSubnetGroupName", description="DBSubnetGroupDescription", vpcId="VpcId"),
        "arn": group["DBSubnetGroupArn"],
        "subnetIds": [subnet["SubnetIdentifier"] for subnet in group["Subnets"]],
    }


def _create_parameters(call: Call) -> str:
    call.aws("rds").create_db_parameter_group(
        DBParameterGroupName=call.inputs["name"],
        DBParameterGroupFamily=call.inputs["family"],
        Description=call.inputs.get("description", DESCRIPTION),
    )
    call.id = call.inputs["name"]
    _set_parameters(call)
    return call.id


def _set_parameters(call: Call) -> None:
    rds, group = call.aws("rds"), {"DBParameterGroupName": call.id}
    wanted = [_parameter(one) for one in call.inputs.get("parameters", [])]
    names = {one["ParameterName"] for one in wanted}
    before = [_parameter(one) for one in call.old_inputs.get("parameters", [])]
    if gone := [one for one in before if one["ParameterName"] not in names]:
        rds.reset_db_parameter_group(**group, Parameters=[{k: one[k] for k in _NAMED} for one in gone])
    if wanted:
        rds.modify_db_parameter_group(**group, Parameters=wanted)


def _parameter(one: Values) -> dict[str, Any]:
    method = one.get("applyMethod", "immediate")
    return {"ParameterName": one["name"], "ParameterValue": str(one["value"]), "ApplyMethod": method}


def _read_parameters(call: Call) -> Values:
    (group,) = call.aws("rds").describe_db_parameter_groups(DBParameterGroupName=call.id)["DBParameterGroups"]
    pages = (
        call.aws("rds").get_paginator("describe_db_parameters").paginate(DBParameterGroupName=call.id, Source="user")
    )
    known = [
        {"name": one["ParameterName"], "value": one["ParameterValue"], "applyMethod": one["ApplyMethod"]}
        for page in pages
        for one in page["Parameters"]
    ]
    return {
        **report(group, name="DBParameterGroupName", family="DBParameterGroupFamily", description="Description"),
        "arn": group["DBParameterGroupArn"],
        "parameters": known,
    }


def _same_parameters(one: Any, other: Any) -> bool:
    def by_name(parameters: Any) -> list[tuple[str, str, str]]:
        return sorted((p["name"], str(p["value"]), p.get("applyMethod", "immediate")) for p in parameters)

    return by_name(one) == by_name(other)


def _subscribe(call: Call) -> str:
    named = call.params("sourceType sourceIds eventCategories", name="SubscriptionName", snsTopic="SnsTopicArn")
    call.aws("rds").create_event_subscription(**named, Enabled=bool(call.inputs.get("enabled", True)))
    return str(call.inputs["name"])


def _read_subscription(call: Call) -> Values:
    (found,) = call.aws("rds").describe_event_subscriptions(SubscriptionName=call.id)["EventSubscriptionsList"]
    return report(
        found,
        name="CustSubscriptionId",
        arn="EventSubscriptionArn",
        snsTopic="SnsTopicArn",
        sourceType="SourceType",
        sourceIds="SourceIdsList",
        eventCategories="EventCategoriesList",
        customerAwsId="CustomerAwsId",
    )


RESOURCES = (
    ResourceType(
        "aws:rds/subnetGroup:SubnetGroup",
        create=_create_subnets,
        read=_read_subnets,
        update=lambda call: call.aws("rds").modify_db_subnet_group(**_subnets(call)),
        delete=lambda call: call.aws("rds").delete_db_subnet_group(DBSubnetGroupName=call.id),
        reported="name description subnetIds",
        replaces="name",
        name=AutoName(max_length=255, lower=True),
        tags=RDS_TAGS,
        references={"subnetIds": SUBNET},
        unordered="subnetIds",
    ),
    ResourceType(
        "aws:rds/parameterGroup:ParameterGroup",
        create=_create_parameters,
        read=_read_parameters,
        update=_set_parameters,
        delete=lambda call: call.aws("rds").delete_db_parameter_group(DBParameterGroupName=call.id),
        reported="name family description parameters",
        unreported="skipDestroy",
        replaces="name family description",
        name=AutoName(max_length=255, lower=True),
        tags=RDS_TAGS,
        equal={"parameters": _same_parameters},
    ),
    ResourceType(
        "aws:rds/eventSubscription:EventSubscription",
        create=_subscribe,
        read=_read_subscription,
        delete=lambda call: call.aws("rds").delete_event_subscription(SubscriptionName=call.id),
        reported="name snsTopic sourceType sourceIds eventCategories",
        unreported="enabled",
        name=AutoName(max_length=255),
        tags=RDS_TAGS,
        references={"snsTopic": TOPIC},
        unordered="sourceIds eventCategories",
    ),
)
