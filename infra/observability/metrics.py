"""CloudWatch metrics of the service and the database, by AWS's names. Pure: no resources."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

GIB = 1024**3

# Memory in GiB of RDS instance classes by size; families r and x have twice that.
# Source: Amazon RDS user guide, "DB instance classes".
_MEMORY_GIB = {"micro": 1, "small": 2, "medium": 4, "large": 8, "xlarge": 16}


@dataclass(frozen=True, kw_only=True)
class MonitoredDatabase:
    """Dimension of the database's metrics, and the sizes its alarm thresholds follow from."""

    identifier: pulumi.Input[str]
    instance_class: str
    storage_gb: int


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


def database_metric(monitored: MonitoredDatabase, name: str, statistic: str) -> Metric:
    """A metric of the RDS instance."""
    dimensions = {"DBInstanceIdentifier": monitored.identifier}
    return Metric(namespace="AWS/RDS", name=name, dimensions=dimensions, statistic=statistic)


def max_connections(instance_class: str) -> int:
    """RDS's default `max_connections` of PostgreSQL for an instance class: memory / 9531392, at most 5000.

    Raises ValueError for an unknown instance class.
    """
    parts = instance_class.split(".")
    if len(parts) != 3 or parts[0] != "db":
        raise ValueError(f"{instance_class!r} is no RDS instance class such as db.t4g.micro")
    family, size = parts[1], parts[2]
    times = size.removesuffix("xlarge")
    gib = _MEMORY_GIB.get(size) or (16 * int(times) if times != size and times.isdigit() else 0)
    if not gib:
        raise ValueError(f"{instance_class!r} has the size {size!r}, which RDS does not offer")
    gib *= 2 if family[0] in "rx" else 1
    return min(gib * GIB // 9531392, 5000)
