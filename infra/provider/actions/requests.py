"""What the program asks AWS besides its resources: the provider's functions, look-ups, images, releases, commands.

`source` of a function is a file of the official provider, of the rest a folder here. `tests/bootstrap/test_actions.py`
compares both with the calls in them.
"""

from infra.provider.actions.model import Actions, Reach

FUNCTIONS = {
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": Actions(
        service="ecr", source="ecr/authorization_token_data_source.go", read="GetAuthorizationToken"
    ),
    "aws:index/getAvailabilityZones:getAvailabilityZones": Actions(
        service="ec2", source="ec2/ec2_availability_zones_data_source.go", read="DescribeAvailabilityZones"
    ),
    # AWS answers it without a permission.
    "aws:index/getCallerIdentity:getCallerIdentity": Actions(
        service="sts", source="sts/caller_identity_data_source.go"
    ),
    "aws:sesv2/getEmailIdentity:getEmailIdentity": Actions(
        service="ses", source="sesv2/email_identity_data_source.go", read="GetEmailIdentity ListTagsForResource"
    ),
    "aws:ssm/getParametersByPath:getParametersByPath": Actions(
        service="ssm",
        source="ssm/parameters_by_path_data_source.go",
        reach=Reach.PARAMETERS,
        contents="GetParametersByPath",
    ),
}
REQUESTS = {
    "account": Actions(
        service="iam",
        source="infra/provider",
        # Which actions the role of the pipelines lacks (infra/provider/lacking.py).
        read="GetRole",
    ),
    "hosted zones and records": Actions(
        service="route53",
        source="infra/dns",
        read="ListHostedZones ListHostedZonesByName GetHostedZone ListResourceRecordSets ListTagsForResource GetChange",
        create="ChangeResourceRecordSets",
        reach=Reach.RECORDS,
    ),
    "certificate, sender and load balancers": Actions(
        service="ses",
        source="infra/dns",
        read="GetConfigurationSet GetEmailIdentity acm:DescribeCertificate elasticloadbalancing:DescribeLoadBalancers "
        "elasticloadbalancing:DescribeTags",
    ),
    "existing secrets": Actions(
        service="secretsmanager",
        source="infra/secrets",
        read="DescribeSecret ssm:DescribeParameters kms:DescribeKey",
    ),
    "release record": Actions(
        service="ssm",
        source="infra/release",
        create="PutParameter",
        contents="GetParameter GetParameters GetParametersByPath GetParameterHistory",
        delete="DeleteParameter",
        reach=Reach.PARAMETERS,
    ),
    "images": Actions(
        service="ecr",
        source="infra/images",
        # docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
        create="BatchCheckLayerAvailability InitiateLayerUpload UploadLayerPart CompleteLayerUpload PutImage",
        read="DescribeImages",
        contents="BatchGetImage GetDownloadUrlForLayer ListImages",
        delete="BatchDeleteImage",
    ),
    "one-off tasks and rollout": Actions(
        service="ecs",
        source="infra/release",
        read="DescribeServices DescribeTasks DescribeTaskDefinition ListTasks "
        "application-autoscaling:DescribeScalableTargets elasticloadbalancing:DescribeTargetHealth",
        # A task starts with tags.
        create="RunTask TagResource",
        update="UpdateService application-autoscaling:RegisterScalableTarget",
        delete="StopTask",
        contents="logs:GetLogEvents",
        passes_role_to=("ecs-tasks",),
    ),
    "snapshot before a migration": Actions(
        service="rds",
        source="infra/release",
        read="DescribeDBSnapshots",
        create="CreateDBSnapshot AddTagsToResource",
        delete="DeleteDBSnapshot",
    ),
    "backups, restore and drill": Actions(
        service="rds",
        source="ops/backup",
        read="DescribeDBInstances DescribeDBSnapshots DescribeDBInstanceAutomatedBackups",
        create="CreateDBSnapshot RestoreDBInstanceFromDBSnapshot RestoreDBInstanceToPointInTime AddTagsToResource",
        update="ModifyDBInstance",
        delete="DeleteDBInstance DeleteDBSnapshot",
    ),
    "media in a backup": Actions(
        service="s3",
        source="ops/backup",
        reach=Reach.BUCKETS,
        read="GetLifecycleConfiguration",
        contents="ListBucket ListBucketVersions",
    ),
    "rollback and schedules": Actions(
        service="ecs",
        source="ops/ecs",
        read="ListTagsForResource scheduler:ListSchedules scheduler:GetSchedule",
        create="RegisterTaskDefinition",
        update="UpdateService scheduler:UpdateSchedule",
        passes_role_to=("ecs-tasks", "scheduler"),
    ),
    "logs": Actions(service="logs", source="ops", contents="FilterLogEvents GetLogEvents"),
    "checks and drift": Actions(
        service="ec2",
        source="ops/checks",
        read="DescribeFlowLogs DescribeRegions DescribeSecurityGroups DescribeSecurityGroupRules DescribeSubnets "
        "ses:GetAccount elasticache:DescribeSnapshots servicequotas:GetServiceQuota "
        "servicequotas:ListAWSDefaultServiceQuotas sns:ListSubscriptionsByTopic kms:GetKeyRotationStatus "
        "tag:GetResources iam:ListRoles iam:ListRoleTags",
    ),
}
"""By purpose."""
