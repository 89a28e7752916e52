"""ElastiCache: subnet groups and parameter groups."""

from embedded_cloud.providers.aws.groups import GroupKind, ParameterGroupKind, parameter_group, subnet_group
from embedded_cloud.providers.aws.tagging import CACHE_TAGS

_SUBNET_GROUP = GroupKind(label="cache subnet group", service="elasticache", arn="ARN", tags=CACHE_TAGS)
_PARAMETER_GROUP = ParameterGroupKind(
    label="cache parameter group",
    service="elasticache",
    arn="ARN",
    tags=CACHE_TAGS,
    listing="describe_cache_parameters",
    changes="ParameterNameValues",
    members={"name": "ParameterName", "value": "ParameterValue"},
)
SUBNETS = _SUBNET_GROUP.reference
PARAMETERS = _PARAMETER_GROUP.reference

RESOURCES = (
    subnet_group("aws:elasticache/subnetGroup:SubnetGroup", _SUBNET_GROUP),
    parameter_group(
        "aws:elasticache/parameterGroup:ParameterGroup",
        _PARAMETER_GROUP,
        effect="its settings apply to the Valkey container",
    ),
)
