"""CloudWatch metrics of the service and the database, by AWS's names. Pure: no resources."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
class MonitoredTasks:
    """Dimensions of the metrics of an ECS service, and the task count that an alarm compares with."""

    cluster: pulumi.Input[str]
    service: pulumi.Input[str]
    min_tasks: int


@dataclass(frozen=True, kw_only=True)
class MonitoredService(MonitoredTasks):
    """The web service, with the dimensions of the load balancer's metrics."""

    load_balancer: pulumi.Input[str]
    """ARN suffix: app/name/id."""
    target_group: pulumi.Input[str]
    """ARN suffix: targetgroup/name/id."""


@dataclass(frozen=True, kw_only=True)
class MonitoredProcess(MonitoredTasks):
    """The service of a process, with the metric of the jobs that wait for it."""

    name: str
    backlog: "Metric | None" = None


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One CloudWatch metric with its dimensions."""

    namespace: str
    name: str
    dimensions: Mapping[str, pulumi.Input[str]]
    statistic: str
    """`Sum`, `Average`, `Minimum`, `Maximum`, or a percentile such as `p99`."""

    @property
    def statistics(self) -> dict[str, Any]:
        """As the argument `metric_stat` of scaling policies."""
        dimensions = [{"name": key, "value": value} for key, value in self.dimensions.items()]
        metric = {"namespace": self.namespace, "metric_name": self.name, "dimensions": dimensions}
        return {"metric": metric, "stat": self.statistic}


def load_balancer_metric(monitored: MonitoredService, name: str, statistic: str) -> Metric:
    """A metric of the whole load balancer."""
    dimensions = {"LoadBalancer": monitored.load_balancer}
    return Metric(namespace="AWS/ApplicationELB", name=name, dimensions=dimensions, statistic=statistic)


def target_metric(monitored: MonitoredService, name: str, statistic: str) -> Metric:
    """A metric of the target group, measured by the load balancer."""
    dimensions = {"LoadBalancer": monitored.load_balancer, "TargetGroup": monitored.target_group}
    return Metric(namespace="AWS/ApplicationELB", name=name, dimensions=dimensions, statistic=statistic)


def service_metric(monitored: MonitoredTasks, name: str, statistic: str, namespace: str = "AWS/ECS") -> Metric:
    """A metric of the ECS service."""
    dimensions = {"ClusterName": monitored.cluster, "ServiceName": monitored.service}
    return Metric(namespace=namespace, name=name, dimensions=dimensions, statistic=statistic)


def queue_metric(queue: str) -> Metric:
    """Jobs that wait in a queue of Amazon SQS
    (docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html)."""
    dimensions = {"QueueName": queue}
    name = "ApproximateNumberOfMessagesVisible"
    return Metric(namespace="AWS/SQS", name=name, dimensions=dimensions, statistic="Maximum")


def running_tasks(cluster: pulumi.Input[str], service: pulumi.Input[str], statistic: str) -> Metric:
    """Tasks of a service that run."""
    dimensions = {"ClusterName": cluster, "ServiceName": service}
    return Metric(
        namespace="ECS/ContainerInsights", name="RunningTaskCount", dimensions=dimensions, statistic=statistic
    )


def cache_metric(node: pulumi.Input[str], name: str, statistic: str) -> Metric:
    """A metric of one node (docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html)."""
    return Metric(namespace="AWS/ElastiCache", name=name, dimensions={"CacheClusterId": node}, statistic=statistic)


def cache_queue_metric(project: str, stack: str, queue: str) -> Metric:
    """Length of a list in the cache, which each web task publishes every minute (django_hosting/queue_lengths.py)."""
    dimensions = {"Site": site(project, stack), "Queue": queue}
    return Metric(namespace="DjangoHosting", name="QueueLength", dimensions=dimensions, statistic="Maximum")


def site(project: str, stack: str) -> str:
    """Dimension `Site` of the application's own metrics."""
    return f"{project}-{stack}"


def web_acl_metric(web_acl: str, region: str, rule: str, name: str) -> Metric:
    """A metric of one rule of a web ACL (docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html)."""
    dimensions = {"WebACL": web_acl, "Region": region, "Rule": rule}
    return Metric(namespace="AWS/WAFV2", name=name, dimensions=dimensions, statistic="Sum")


def database_metric(monitored: MonitoredDatabase, name: str, statistic: str) -> Metric:
    """A metric of the RDS instance."""
    dimensions = {"DBInstanceIdentifier": monitored.identifier}
    return Metric(namespace="AWS/RDS", name=name, dimensions=dimensions, statistic=statistic)
