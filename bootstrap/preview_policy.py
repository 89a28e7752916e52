"""Permissions of the preview role: descriptions of resources, and the stack's state. Pure: no resources."""

from bootstrap.scope import Scope, Statement, allow, document, named

_DESCRIPTIONS = [
    *named("acm", "DescribeCertificate GetCertificate ListCertificates ListTagsForCertificate"),
    *named("application-autoscaling", "Describe* ListTagsForResource"),
    *named("budgets", "ViewBudget ListTagsForResource"),
    *named("cloudwatch", "DescribeAlarms GetDashboard ListDashboards ListTagsForResource"),
    *named("ec2", "Describe* GetManagedPrefixListEntries"),
    # The token names a user of the registry; reading an image takes a permission that this role has not.
    *named("ecr", "GetAuthorizationToken GetLifecyclePolicy GetRepositoryPolicy DescribeImages DescribeRepositories"),
    *named("ecr", "ListTagsForResource"),
    *named("ecs", "Describe* List*"),
    *named("elasticloadbalancing", "Describe*"),
    *named("iam", "GetPolicy GetPolicyVersion GetRole GetRolePolicy ListAttachedRolePolicies ListRolePolicies"),
    *named("kms", "DescribeKey GetKeyPolicy GetKeyRotationStatus ListAliases ListResourceTags"),
    *named("logs", "DescribeLogGroups ListTagsForResource"),
    *named("rds", "Describe* ListTagsForResource"),
    *named("route53", "GetChange GetHostedZone ListHostedZones* ListResourceRecordSets ListTagsForResource"),
    *named("s3", "GetBucket* GetEncryptionConfiguration GetLifecycleConfiguration ListAllMyBuckets"),
    *named("secretsmanager", "DescribeSecret GetResourcePolicy"),
    *named("servicequotas", "GetServiceQuota GetAWSDefaultServiceQuota ListServiceQuotas"),
    *named("ses", "GetAccount GetConfigurationSet* GetEmailIdentity* ListEmailIdentities ListTagsForResource"),
    *named("sns", "GetSubscriptionAttributes GetTopicAttributes ListSubscriptionsByTopic ListTagsForResource"),
    *named("ssm", "DescribeParameters ListTagsForResource"),
    *named("wafv2", "GetLoggingConfiguration GetWebACL GetWebACLForResource ListTagsForResource"),
]
"""Reads of what a resource is. None returns a secret's value, a log line, an image layer or a file."""


def preview_policy(scope: Scope) -> str:
    """What `pulumi preview` reads. A refresh also reads the secret's value, so it takes the deploy role."""
    return document(
        allow(_DESCRIPTIONS),
        allow(named("ssm", "GetParameter GetParameters GetParametersByPath GetParameterHistory"), _record(scope)),
        *_read_state(scope),
    )


def _record(scope: Scope) -> list[str]:
    # A read by path is authorized against the path itself.
    return [scope.parameters.removesuffix("/*"), scope.parameters]


def _read_state(scope: Scope) -> list[Statement]:
    if scope.state_bucket_arn is None or scope.state_key_arn is None:
        return []
    return [
        allow(["s3:ListBucket"], scope.state_bucket_arn),
        allow(["s3:GetObject"], scope.state_objects),
        # A checkpoint with undecryptable secrets can't be loaded.
        allow(["kms:Decrypt"], scope.state_key_arn),
    ]
