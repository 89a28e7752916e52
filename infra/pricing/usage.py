"""What AWS bills by use, which the monthly estimate leaves out, and what costs nothing. Pure: no resources."""

from dataclasses import dataclass

from infra.pricing import prices


@dataclass(frozen=True)
class Usage:
    """A line of the bill that grows with use."""

    name: str
    usd: float
    """Price of one `unit` in us-east-1."""
    unit: str
    resources: tuple[str, ...] = ()
    """Types of the resources that cause it, as `module/type`."""


USAGE = (
    Usage("load balancer capacity", prices.LCU_HOUR, "LCU-hour", ("lb/loadBalancer",)),
    Usage("data to the internet beyond the account's first 100 GB", prices.INTERNET_GB, "GB", ("lb/loadBalancer",)),
    Usage("data between availability zones", prices.ZONE_GB, "GB and direction", ("ec2/vpc",)),
    Usage("data through a NAT gateway", prices.NAT_GB, "GB", ("ec2/natGateway",)),
    Usage("data through interface endpoints", prices.ENDPOINT_GB, "GB", ("ec2/vpcEndpoint",)),
    Usage("tasks that scaling or a rollout adds", prices.FARGATE_VCPU_HOUR["arm64"], "vCPU-hour on arm64, and memory"),
    Usage("media files and access logs", prices.S3_GB, "GB-month", ("s3/bucket",)),
    Usage("uploads and published files", prices.S3_WRITES_1000, "1,000 writes", ("s3/bucket",)),
    Usage("images beyond the first GB", prices.IMAGES_GB, "GB-month", ("ecr/repository",)),
    Usage(
        "logs beyond the first GB: containers, database and its Enhanced Monitoring, Container Insights, flow log, WAF",
        prices.LOGS_GB,
        "GB",
        ("cloudwatch/logGroup", "ec2/flowLog", "wafv2/webAclLoggingConfiguration"),
    ),
    Usage("stored logs", prices.STORED_LOGS_GB, "GB-month", ("cloudwatch/logGroup",)),
    Usage(
        "backups and snapshots that are together larger than the database",
        prices.BACKUP_GB,
        "GB-month",
        ("rds/instance",),
    ),
    Usage(
        "snapshots of the cache beyond the latest",
        prices.CACHE_BACKUP_GB,
        "GB-month",
        ("elasticache/replicationGroup",),
    ),
    Usage(
        "storage that the database grows by, in each zone", prices.DATABASE_STORAGE_GB, "GB-month", ("rds/instance",)
    ),
    Usage(
        "DNS queries, but for the alias records of the site", prices.DNS_QUERIES_MILLION, "million", ("route53/record",)
    ),
    Usage("first and second yearly rotation of the key", prices.KEY, "version-month", ("kms/key",)),
    Usage("requests to KMS beyond the account's first 20,000", prices.KMS_REQUESTS_10000, "10,000", ("kms/key",)),
    Usage(
        "reads of the secret when a task starts", prices.SECRET_READS_10000, "10,000", ("secretsmanager/secretVersion",)
    ),
    Usage("requests that WAF inspects", prices.WEB_ACL_REQUESTS_MILLION, "million", ("wafv2/webAclAssociation",)),
    Usage("mails beyond 1,000", prices.MAILS_1000, "1,000", ("sesv2/emailIdentity",)),
    Usage("runs of schedules beyond a minute", prices.FARGATE_VCPU_HOUR["arm64"], "vCPU-hour on arm64, and memory"),
    Usage(
        "invocations of schedules beyond the account's first 14 million",
        prices.SCHEDULER_MILLION,
        "million",
        ("scheduler/schedule",),
    ),
    Usage(
        "requests to SQS beyond the account's first million, and messages of the pipe",
        prices.QUEUE_MILLION,
        "million",
        ("sqs/queue", "pipes/pipe"),
    ),
    Usage(
        "e-mails of alarms beyond the account's first 1,000",
        prices.EMAIL_NOTIFICATIONS_100000,
        "100,000",
        ("sns/topic",),
    ),
)

FREE = frozenset(
    {
        # Whole services: public certificates, scaling, IAM, rules of security groups.
        *("acm", "appautoscaling", "iam", "vpc"),
        # Budgets without actions, standard parameters.
        *("budgets/budget", "ssm/parameter"),
        *("ec2/defaultSecurityGroup", "ec2/internetGateway", "ec2/route", "ec2/routeTable"),
        *("ec2/routeTableAssociation", "ec2/securityGroup", "ec2/subnet"),
        *("elasticache/parameterGroup", "elasticache/subnetGroup", "elasticache/user", "elasticache/userGroup"),
        "elasticache/userGroupAssociation",
        *("ecr/lifecyclePolicy", "ecs/clusterCapacityProviders", "ecs/taskDefinition", "lb/listener", "lb/targetGroup"),
        *("rds/eventSubscription", "rds/parameterGroup", "rds/subnetGroup"),
        *("s3/bucketLifecycleConfiguration", "s3/bucketOwnershipControls", "s3/bucketPolicy"),
        *("s3/bucketPublicAccessBlock", "s3/bucketServerSideEncryptionConfiguration", "s3/bucketVersioning"),
        *("sesv2/configurationSet", "sesv2/configurationSetEventDestination", "sesv2/emailIdentityMailFromAttributes"),
        *("sns/topicPolicy", "sns/topicSubscription"),
        # Events of AWS's own services.
        *("cloudwatch/eventRule", "cloudwatch/eventTarget", "scheduler/scheduleGroup"),
    }
)
"""Types without a price, as `module/type`, and modules of which no type has one."""
