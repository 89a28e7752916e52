"""Limits that AWS documents and enforces, and that the service models lack, each with its page.

Most are limits of names, which programs build from the names of projects and stacks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Documented:
    """A constraint in the words of a service model. None sets aside one that AWS does not enforce."""

    page: str
    traits: Mapping[str, Any]


def _limit(page: str, most: int, pattern: str = "", least: int = 1) -> Documented:
    traits: dict[str, Any] = {"min": least, "max": most}
    return Documented(page=page, traits={**traits, "pattern": pattern} if pattern else traits)


def _range(page: str, least: int, most: int) -> Documented:
    return Documented(page=page, traits={"min": least, "max": most})


_RDS = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_"
_ELB = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_"
_EC2 = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_"
_ECS = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_"
_HYPHENATED = r"[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*"
"""Starts with a letter; no two hyphens in a row and none at the end."""
_YEARS = (731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
_BUCKET = (
    r"(?!\d+\.\d+\.\d+\.\d+$|xn--|sthree-|amzn-s3-demo-)(?!.*(-s3alias|--ol-s3|--x-s3|--table-s3)$)(?!.*\.\.)"
    r"[a-z0-9][a-z0-9.-]*[a-z0-9]"
)
_WORD = r"[A-Za-z0-9_-]+"
_INSTANCE = _limit(f"{_RDS}CreateDBInstance.html", 63, _HYPHENATED)
_BALANCER = r"(?!internal-)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_PRINTABLE = r"[!#-.0-?A-~]*"
"""Printable ASCII without `/`, `"`, `@` and the space."""
_GROUP = r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]*"
_TAG_KEY = _limit("https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html", 128)
_TAG_VALUE = _limit("https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html", 256, least=0)

DOCUMENTED: Mapping[tuple[str, str, str], Documented] = {
    ("cloudwatch", "PutDashboardInput", "DashboardName"): _limit(
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html", 255, _WORD
    ),
    ("ec2", "CreateSecurityGroupRequest", "GroupName"): _limit(
        f"{_EC2}CreateSecurityGroup.html", 255, f"(?!sg-){_GROUP}"
    ),
    ("ec2", "CreateSecurityGroupRequest", "Description"): _limit(f"{_EC2}CreateSecurityGroup.html", 255, _GROUP),
    ("ec2", "Tag", "Key"): _TAG_KEY,
    ("ec2", "Tag", "Value"): _TAG_VALUE,
    ("ecs", "CreateClusterRequest", "clusterName"): _limit(f"{_ECS}CreateCluster.html", 255, _WORD),
    ("ecs", "CreateServiceRequest", "serviceName"): _limit(f"{_ECS}CreateService.html", 255, _WORD),
    ("ecs", "RegisterTaskDefinitionRequest", "family"): _limit(f"{_ECS}RegisterTaskDefinition.html", 255, _WORD),
    ("ecs", "ContainerDefinition", "name"): _limit(f"{_ECS}ContainerDefinition.html", 255, _WORD),
    ("elbv2", "CreateLoadBalancerInput", "Name"): _limit(f"{_ELB}CreateLoadBalancer.html", 32, _BALANCER),
    ("elbv2", "CreateTargetGroupInput", "Name"): _limit(f"{_ELB}CreateTargetGroup.html", 32, _BALANCER),
    ("logs", "PutRetentionPolicyRequest", "retentionInDays"): Documented(
        page="https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html",
        traits={"enum": [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, *_YEARS]},
    ),
    ("rds", "CreateDBInstanceMessage", "AllocatedStorage"): _range(f"{_RDS}CreateDBInstance.html", 20, 65_536),
    ("rds", "CreateDBInstanceMessage", "BackupRetentionPeriod"): _range(f"{_RDS}CreateDBInstance.html", 0, 35),
    ("rds", "CreateDBInstanceMessage", "Port"): _range(f"{_RDS}CreateDBInstance.html", 1150, 65_535),
    ("rds", "ModifyDBInstanceMessage", "BackupRetentionPeriod"): _range(f"{_RDS}ModifyDBInstance.html", 0, 35),
    ("rds", "ModifyDBInstanceMessage", "DBPortNumber"): _range(f"{_RDS}ModifyDBInstance.html", 1150, 65_535),
    ("rds", "CreateDBInstanceMessage", "DBInstanceIdentifier"): _INSTANCE,
    ("rds", "CreateDBInstanceMessage", "DBName"): _limit(f"{_RDS}CreateDBInstance.html", 63, r"[A-Za-z_][A-Za-z0-9_]*"),
    ("rds", "CreateDBInstanceMessage", "MasterUsername"): _limit(
        f"{_RDS}CreateDBInstance.html", 63, r"[A-Za-z][A-Za-z0-9_]*"
    ),
    ("rds", "CreateDBInstanceMessage", "MasterUserPassword"): _limit(
        f"{_RDS}CreateDBInstance.html", 128, _PRINTABLE, least=8
    ),
    ("rds", "ModifyDBInstanceMessage", "MasterUserPassword"): _limit(
        f"{_RDS}ModifyDBInstance.html", 128, _PRINTABLE, least=8
    ),
    ("rds", "CreateDBParameterGroupMessage", "DBParameterGroupName"): _limit(
        f"{_RDS}CreateDBParameterGroup.html", 255, _HYPHENATED
    ),
    ("rds", "CreateDBSnapshotMessage", "DBSnapshotIdentifier"): _limit(
        f"{_RDS}CreateDBSnapshot.html", 255, _HYPHENATED
    ),
    ("rds", "CreateDBSubnetGroupMessage", "DBSubnetGroupName"): _limit(
        f"{_RDS}CreateDBSubnetGroup.html", 255, r"(?!(?i:default)$)[A-Za-z][A-Za-z0-9._ -]*"
    ),
    ("rds", "CreateEventSubscriptionMessage", "SubscriptionName"): _limit(f"{_RDS}CreateEventSubscription.html", 254),
    ("rds", "DeleteDBInstanceMessage", "FinalDBSnapshotIdentifier"): _limit(
        f"{_RDS}DeleteDBInstance.html", 255, _HYPHENATED
    ),
    ("rds", "RestoreDBInstanceFromDBSnapshotMessage", "DBInstanceIdentifier"): _INSTANCE,
    ("rds", "Tag", "Key"): _TAG_KEY,
    ("rds", "Tag", "Value"): _TAG_VALUE,
    ("s3", "CreateBucketRequest", "Bucket"): _limit(
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html", 63, _BUCKET, least=3
    ),
    ("s3", "Tag", "Key"): _TAG_KEY,
    ("s3", "Tag", "Value"): _TAG_VALUE,
    ("secretsmanager", "CreateSecretRequest", "Name"): _limit(
        "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html",
        512,
        r"[A-Za-z0-9/_+=.@-]+",
    ),
    ("sesv2", "CreateConfigurationSetRequest", "ConfigurationSetName"): _limit(
        "https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_CreateConfigurationSet.html", 64, _WORD
    ),
    ("sesv2", "CreateConfigurationSetEventDestinationRequest", "EventDestinationName"): _limit(
        "https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_CreateConfigurationSetEventDestination.html",
        64,
        _WORD,
    ),
    ("sns", "CreateTopicInput", "Name"): _limit(
        "https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html", 256, r"[A-Za-z0-9_-]+(\.fifo)?"
    ),
}
"""By service, structure of its model, and member."""
