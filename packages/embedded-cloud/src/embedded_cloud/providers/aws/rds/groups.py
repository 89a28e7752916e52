"""RDS: subnet groups, parameter groups, event subscriptions."""

from embedded_cloud.providers.aws.groups import GroupKind, ParameterGroupKind, parameter_group, subnet_group
from embedded_cloud.providers.aws.sns import TOPIC
from embedded_cloud.providers.aws.tagging import RDS_TAGS
from embedded_cloud.providers.call import Call, report
from embedded_cloud.providers.entry import AutoName, Reference, ResourceType
from embedded_cloud.providers.values import Values

_SUBNET_GROUP = GroupKind(label="DB subnet group", service="rds", arn="DBSubnetGroupArn", tags=RDS_TAGS)
_PARAMETER_GROUP = ParameterGroupKind(
    label="DB parameter group",
    service="rds",
    arn="DBParameterGroupArn",
    tags=RDS_TAGS,
    listing="describe_db_parameters",
    changes="Parameters",
    members={"name": "ParameterName", "value": "ParameterValue", "applyMethod": "ApplyMethod"},
)
SUBNETS = _SUBNET_GROUP.reference
PARAMETERS = _PARAMETER_GROUP.reference
SNAPSHOT = Reference("DB snapshot", lambda call, name: call.aws("rds").describe_db_snapshots(DBSnapshotIdentifier=name))


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
    subnet_group("aws:rds/subnetGroup:SubnetGroup", _SUBNET_GROUP),
    parameter_group("aws:rds/parameterGroup:ParameterGroup", _PARAMETER_GROUP, unreported="skipDestroy"),
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
