"""AWS's on-demand prices in us-east-1, in US dollars; looked up in November 2026.

Sources: vantage.sh (Fargate), infracost's tested examples (load balancer, NAT gateway, endpoints, secrets, logs, KMS,
ECR, Route 53, SES), AWS's price page of CloudWatch (alarms) and its announcement of charges for public IPv4,
infratally.com and instances.vantage.sh (RDS PostgreSQL), fortem.dev (Container Insights), c3x.dev (WAF), and the prices
that infracost prints for what depends on usage. The free tiers of an account are not subtracted, because other stacks
may use them up. Other regions differ line by line: an hour of a load balancer is 0.0270 in eu-central-1
(calculator.aws has every region).
"""

HOURS = 730
"""Hours of a month, as AWS counts them."""

FARGATE_VCPU_HOUR = {"arm64": 0.03238, "x86_64": 0.04048}
FARGATE_GB_HOUR = {"arm64": 0.00356, "x86_64": 0.004445}
SPOT_DISCOUNT = 0.7
"""Of Fargate Spot; AWS says "up to 70 %", and changes it with demand (aws.amazon.com/fargate/pricing)."""
LOAD_BALANCER_HOUR = 0.0225
NAT_GATEWAY_HOUR = 0.045
PUBLIC_IPV4_HOUR = 0.005
INTERFACE_ENDPOINT_HOUR = 0.01
"""Per endpoint and availability zone."""

DATABASE_HOUR = {
    "db.t4g.micro": 0.016,
    "db.t4g.small": 0.032,
    "db.t4g.medium": 0.065,
    "db.t4g.large": 0.129,
    "db.t4g.xlarge": 0.258,
    "db.t4g.2xlarge": 0.517,
    "db.m7g.large": 0.168,
    "db.m7g.xlarge": 0.336,
    "db.m7g.2xlarge": 0.672,
    "db.m7g.4xlarge": 1.344,
}
"""In one availability zone; a standby in the second zone doubles the price, and that of the storage."""
DATABASE_STORAGE_GB = 0.115

CACHE_NODE_HOUR = {
    "cache.t4g.micro": 0.0128,
    "cache.t4g.small": 0.0256,
    "cache.t4g.medium": 0.052,
    "cache.m7g.large": 0.1264,
    "cache.m7g.xlarge": 0.252,
    "cache.m7g.2xlarge": 0.5032,
    "cache.r7g.large": 0.1752,
    "cache.r7g.xlarge": 0.3496,
    "cache.r7g.2xlarge": 0.6984,
}
"""Of ElastiCache for Valkey, which costs four fifths of Redis OSS; the node types that a stack may choose."""

SECRET = 0.40
KEY = 1.00
HOSTED_ZONE = 0.50
ALARM = 0.10
SCHEDULER_MILLION = 1.00
"""Beyond 14 million invocations of an account (aws.amazon.com/eventbridge/pricing)."""
QUEUE_MILLION = 0.40
"""Requests to SQS beyond a million, and messages of a pipe (aws.amazon.com/sqs/pricing, /eventbridge/pricing)."""
DASHBOARD = 3.00
INSIGHTS_METRIC = 0.07
"""Container Insights with enhanced observability, per metric and month, for as long as the metric exists."""
LOGS_GB = 0.50
IMAGES_GB = 0.10
MAILS_1000 = 0.10
WEB_ACL = 5.00
WEB_ACL_RULE = 1.00
"""A managed rule group counts as one rule."""

# Billed by use.
LCU_HOUR = 0.008
INTERNET_GB = 0.09
ZONE_GB = 0.01
"""In each direction between two availability zones."""
NAT_GB = 0.045
ENDPOINT_GB = 0.01
S3_GB = 0.023
S3_WRITES_1000 = 0.005
STORED_LOGS_GB = 0.03
BACKUP_GB = 0.095
CACHE_BACKUP_GB = 0.085
DNS_QUERIES_MILLION = 0.40
KMS_REQUESTS_10000 = 0.03
SECRET_READS_10000 = 0.05
WEB_ACL_REQUESTS_MILLION = 0.60
EMAIL_NOTIFICATIONS_100000 = 2.00
