"""What AWS charges in us-east-1, on demand, in US dollars; looked up in November 2026.

Sources: vantage.sh (Fargate), infracost's tested examples (load balancer, NAT gateway, endpoints, secrets, logs, KMS,
ECR, Route 53, SES), AWS's price page of CloudWatch (alarms, metrics) and its announcement of charges for public IPv4,
infratally.com and instances.vantage.sh (RDS PostgreSQL, EC2).
"""

HOURS = 730
"""Hours of AWS's month."""

FARGATE_VCPU_HOUR = {"arm64": 0.03238, "x86_64": 0.04048}
FARGATE_GB_HOUR = {"arm64": 0.00356, "x86_64": 0.004445}
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
"""Single availability zone; a standby in the second one doubles it, and the storage."""
DATABASE_STORAGE_GB = 0.115

SECRET = 0.40
KEY = 1.00
HOSTED_ZONE = 0.50
ALARM = 0.10
METRIC = 0.30
"""Of one's own, beyond the ten that every account has free of charge."""
LOGS_GB = 0.50
IMAGES_GB = 0.10
MAILS_1000 = 0.10
WEB_ACL = 5.00
WEB_ACL_RULE = 1.00

INSTANCE_HOUR = {
    "t4g.micro": 0.0084,
    "t4g.small": 0.0168,
    "t4g.medium": 0.0336,
    "t4g.large": 0.0672,
    "t4g.xlarge": 0.1344,
    "t4g.2xlarge": 0.2688,
    "t3a.micro": 0.0094,
    "t3a.small": 0.0188,
    "t3a.medium": 0.0376,
    "t3a.large": 0.0752,
    "t3a.xlarge": 0.1504,
    "t3a.2xlarge": 0.3008,
    "t3.micro": 0.0104,
    "t3.small": 0.0208,
    "t3.medium": 0.0416,
    "t3.large": 0.0832,
    "t3.xlarge": 0.1664,
    "t3.2xlarge": 0.3328,
}
"""Linux (instances.vantage.sh)."""
DISK_GB = 0.08
"""gp3, a month."""
