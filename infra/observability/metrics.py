"""CloudWatch metrics of the service and the database, by AWS's names. Pure: no resources."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

GIB = 1024**3


@dataclass(frozen=True, kw_only=True)
class MonitoredDatabase:
    """Dimension of the database's metrics, and the sizes its alarm thresholds follow from."""

    identifier: pulumi.Input[str]
    connections: int
    """Most that DatabaseConnections can reach."""
    storage_gb: pulumi.Input[int]
    """As allocated now: RDS may have raised it."""


@dataclass(frozen=True, kw_only=True)
class MonitoredService:
    """Dimensions of the service's metrics, and the task count that an alarm compares with."""

    load_balancer: pulumi.Input[str]
    """ARN suffix: app/name/id."""
    target_group: pulumi.Input[str]
    """ARN suffix: targetgroup/name/id."""
    cluster: pulumi.Input[str]
    service: pulumi.Input[str]
    min_tasks: int


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One CloudWatch metric with its dimensions."""

    namespace: str
    name: str
    dimensions: Mapping[str, pulumi.Input[str]]
    statistic: str
    """`Sum`, `Average`, `Minimum`, `Maximum`, or a percentile such as `p99`."""


def load_balancer_metric(monitored: MonitoredService, name: str, statistic: str) -> Metric:
    """A metric of the whole load balancer."""
    dimensions = {"LoadBalancer": monitored.load_balancer}
    return Metric(namespace="AWS/ApplicationELB", name=name, dimensions=dimensions, statistic=statistic)


def target_metric(monitored: MonitoredService, name: str, statistic: str) -> Metric:
    """A metric of the target group, measured by the load balancer."""
    dimensions = {"LoadBalancer": monitored.load_balancer, "TargetGroup": monitored.target_group}
    return Metric(namespace="AWS/ApplicationELB", name=name, dimensions=dimensions, statistic=statistic)


def service_metric(monitored: MonitoredService, name: str, statistic: str, namespace: str = "AWS/ECS") -> Metric:
    """A metric of the ECS service."""
    dimensions = {"ClusterName": monitored.cluster, "ServiceName": monitored.service}
    return Metric(namespace=namespace, name=name, dimensions=dimensions, statistic=statistic)


def web_acl_metric(web_acl: str, region: str, rule: str, name: str) -> Metric:
    """A metric of one rule of a web ACL (docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html)."""
    dimensions = {"WebACL": web_acl, "Region": region, "Rule": rule}
    return Metric(namespace="AWS/WAFV2", name=name, dimensions=dimensions, statistic="Sum")


def database_metric(monitored: MonitoredDatabase, name: str, statistic: str) -> Metric:
    """A metric of the RDS instance."""
    dimensions = {"DBInstanceIdentifier": monitored.identifier}
    return Metric(namespace="AWS/RDS", name=name, dimensions=dimensions, statistic=statistic)
