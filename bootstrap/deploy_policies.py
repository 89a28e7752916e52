"""Permissions of the deploy role: what `pulumi up` of the hosted program makes. Pure: no resources."""

from bootstrap.foreign_resources import foreign_resources
from bootstrap.preview_policy import preview_policy
from bootstrap.scope import Scope, Statement, allow, document, named

PASSED_TO = ("ecs-tasks", "monitoring.rds", "rds", "vpc-flow-logs")
"""Services that the program hands a role to."""
SERVICE_LINKED = ("ecs.application-autoscaling", "ecs", "elasticloadbalancing", "rds", "wafv2")
"""Services that make their service-linked role with the caller's permission at first use in an account."""
MONITORING = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
"""The only managed policy that the program attaches."""

_NETWORK = named(
    "ec2",
    "AllocateAddress AssociateAddress AssociateRouteTable AssociateSubnetCidrBlock AssociateVpcCidrBlock "
    "AttachInternetGateway AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress CreateFlowLogs "
    "CreateInternetGateway CreateNatGateway CreateRoute CreateRouteTable CreateSecurityGroup CreateSubnet CreateTags "
    "CreateVpc CreateVpcEndpoint DeleteFlowLogs DeleteInternetGateway DeleteNatGateway DeleteRoute DeleteRouteTable "
    "DeleteSecurityGroup DeleteSubnet DeleteTags DeleteVpc DeleteVpcEndpoints DetachInternetGateway "
    "DisassociateAddress DisassociateRouteTable DisassociateSubnetCidrBlock DisassociateVpcCidrBlock "
    "GetSecurityGroupsForVpc ModifySecurityGroupRules ModifySubnetAttribute ModifyVpcAttribute ModifyVpcEndpoint "
    "ReleaseAddress ReplaceRoute ReplaceRouteTableAssociation RevokeSecurityGroupEgress RevokeSecurityGroupIngress "
    "UpdateSecurityGroupRuleDescriptionsEgress UpdateSecurityGroupRuleDescriptionsIngress",
)
_COMPUTE = [
    *named("application-autoscaling", "DeleteScalingPolicy DeregisterScalableTarget PutScalingPolicy TagResource"),
    *named("application-autoscaling", "RegisterScalableTarget UntagResource"),
    *named("ecr", "BatchCheckLayerAvailability BatchDeleteImage BatchGetImage CompleteLayerUpload CreateRepository"),
    *named("ecr", "DeleteLifecyclePolicy DeleteRepository GetDownloadUrlForLayer InitiateLayerUpload ListImages"),
    *named("ecr", "PutImage PutImageScanningConfiguration PutImageTagMutability PutLifecyclePolicy TagResource"),
    *named("ecr", "UntagResource UploadLayerPart"),
    *named("ecs", "CreateCluster CreateService DeleteCluster DeleteService DeregisterTaskDefinition"),
    *named("ecs", "PutClusterCapacityProviders RegisterTaskDefinition RunTask StopTask TagResource UntagResource"),
    *named("ecs", "UpdateCluster UpdateClusterSettings UpdateService"),
    *named("elasticloadbalancing", "AddTags CreateListener CreateLoadBalancer CreateRule CreateTargetGroup"),
    *named("elasticloadbalancing", "DeleteListener DeleteLoadBalancer DeleteRule DeleteTargetGroup Modify*"),
    *named("elasticloadbalancing", "DeregisterTargets RemoveTags Set*"),
    *named("wafv2", "AssociateWebACL CreateWebACL DeleteLoggingConfiguration DeleteWebACL DisassociateWebACL"),
    *named("wafv2", "PutLoggingConfiguration TagResource UntagResource UpdateWebACL"),
]
_DATA = [
    *named("acm", "AddTagsToCertificate DeleteCertificate RemoveTagsFromCertificate"),
    *named("acm", "RequestCertificate UpdateCertificateOptions"),
    *named("kms", "CreateAlias CreateGrant CreateKey Decrypt DeleteAlias DisableKeyRotation EnableKey"),
    *named("kms", "EnableKeyRotation Encrypt GenerateDataKey* ListGrants ListKeyPolicies PutKeyPolicy RetireGrant"),
    *named("kms", "RevokeGrant ScheduleKeyDeletion TagResource UntagResource UpdateAlias UpdateKeyDescription"),
    *named("rds", "AddSourceIdentifierToSubscription AddTagsToResource CreateDBInstance CreateDBParameterGroup"),
    *named("rds", "CreateDBSnapshot CreateDBSubnetGroup CreateEventSubscription DeleteDBInstance DeleteDBSnapshot"),
    *named("rds", "DeleteDBParameterGroup DeleteDBSubnetGroup DeleteEventSubscription Modify* RebootDBInstance"),
    *named("rds", "RemoveSourceIdentifierFromSubscription RemoveTagsFromResource ResetDBParameterGroup"),
    *named("secretsmanager", "CreateSecret DeleteResourcePolicy DeleteSecret GetSecretValue ListSecretVersionIds"),
    *named("secretsmanager", "PutResourcePolicy PutSecretValue TagResource UntagResource UpdateSecret"),
    "secretsmanager:UpdateSecretVersionStage",
]
_MONITORING = [
    *named("cloudwatch", "DeleteAlarms DeleteDashboards ListMetrics PutCompositeAlarm PutDashboard PutMetricAlarm"),
    *named("cloudwatch", "TagResource UntagResource"),
    *named("logs", "AssociateKmsKey CreateLogDelivery CreateLogGroup DeleteLogDelivery DeleteLogGroup"),
    *named("logs", "DeleteMetricFilter DeleteRetentionPolicy DescribeLogStreams DescribeMetricFilters"),
    *named("logs", "DescribeResourcePolicies DisassociateKmsKey FilterLogEvents GetLogDelivery GetLogEvents"),
    *named("logs", "ListLogDeliveries PutMetricFilter PutResourcePolicy PutRetentionPolicy TagResource"),
    *named("logs", "UntagResource UpdateLogDelivery"),
    *named("ses", "CreateConfigurationSet CreateConfigurationSetEventDestination CreateEmailIdentity"),
    *named("ses", "DeleteConfigurationSet DeleteConfigurationSetEventDestination DeleteEmailIdentity"),
    *named("ses", "PutConfigurationSet* PutEmailIdentity* TagResource UntagResource"),
    "ses:UpdateConfigurationSetEventDestination",
    *named("sns", "CreateTopic DeleteTopic SetSubscriptionAttributes SetTopicAttributes Subscribe TagResource"),
    *named("sns", "Unsubscribe UntagResource"),
]
_BUCKET = named(
    "s3",
    "CreateBucket DeleteBucket DeleteBucketPolicy DeleteObject DeleteObjectVersion GetAccelerateConfiguration "
    "GetReplicationConfiguration ListBucket ListBucketVersions ListTagsForResource PutBucket* "
    "PutEncryptionConfiguration PutLifecycleConfiguration TagResource UntagResource",
)
"""Settings of a bucket, and the deletion of its files with it. None reads a file."""


def deploy_policies(scope: Scope) -> dict[str, str]:
    """Managed policies of the deploy role, by topic.

    What a preview reads, changes in the stack's region, its own names in Route 53, roles under its path that have the
    boundary, and a denial for resources with other tags. It can change neither itself nor the boundary.
    """
    here = {"StringEquals": {"aws:RequestedRegion": scope.region}}
    return {
        "read": preview_policy(scope),
        "network": document(allow(_NETWORK, condition=here)),
        "services": document(allow(_COMPUTE, condition=here), allow(_DATA, condition=here)),
        "site": document(allow(_MONITORING, condition=here), *_site(scope), *_write_state(scope)),
        "roles": document(*_roles(scope)),
        "foreign": document(*foreign_resources(scope)),
    }


def _site(scope: Scope) -> list[Statement]:
    changes = {"route53:ChangeResourceRecordSetsNormalizedRecordNames": scope.record_names}
    return [
        allow(["route53:ChangeResourceRecordSets"], condition={"ForAllValues:StringLike": changes}),
        # The first one gives an interface endpoint its name. Without DeleteHostedZone: a person takes a zone down.
        allow(
            named(
                "route53", "AssociateVPCWithHostedZone ChangeTagsForResource CreateHostedZone UpdateHostedZoneComment"
            )
        ),
        allow(named("budgets", "ModifyBudget TagResource UntagResource")),
        allow(_BUCKET, [*scope.buckets, *(f"{bucket}/*" for bucket in scope.buckets)]),
        allow(named("ssm", "AddTagsToResource DeleteParameter PutParameter RemoveTagsFromResource"), scope.parameters),
    ]


def _roles(scope: Scope) -> list[Statement]:
    bounded = {"iam:PermissionsBoundary": scope.boundary_arn}
    passed = {"iam:PassedToService": [f"{service}.amazonaws.com" for service in PASSED_TO]}
    linked = {"iam:AWSServiceName": [f"{service}.amazonaws.com" for service in SERVICE_LINKED]}
    service_roles = f"arn:aws:iam::{scope.account}:role/aws-service-role/*"
    return [
        allow(
            named("iam", "CreateRole DeleteRolePolicy PutRolePermissionsBoundary PutRolePolicy"),
            scope.roles,
            condition={"StringEquals": bounded},
        ),
        allow(
            named("iam", "AttachRolePolicy DetachRolePolicy"),
            scope.roles,
            condition={"StringEquals": bounded, "ArnEquals": {"iam:PolicyARN": MONITORING}},
        ),
        allow(
            named("iam", "DeleteRole ListInstanceProfilesForRole TagRole UntagRole UpdateAssumeRolePolicy UpdateRole"),
            scope.roles,
        ),
        allow(["iam:PassRole"], scope.roles, condition={"StringEquals": passed}),
        allow(["iam:CreateServiceLinkedRole"], service_roles, condition={"StringEquals": linked}),
    ]


def _write_state(scope: Scope) -> list[Statement]:
    if scope.state_bucket_arn is None or scope.state_key_arn is None:
        return []
    return [
        allow(named("s3", "DeleteObject PutObject"), scope.state_objects),
        allow(["kms:Encrypt"], scope.state_key_arn),
    ]
