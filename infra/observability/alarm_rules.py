"""Alarm rules: metrics with thresholds, and what to do when they are crossed. Pure: no resources."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from infra.observability.metrics import (
    GIB,
    Metric,
    MonitoredDatabase,
    MonitoredProcess,
    MonitoredService,
    MonitoredTasks,
    cache_metric,
    database_metric,
    load_balancer_metric,
    service_metric,
    target_metric,
)

MINUTE, FIVE_MINUTES = 60, 300


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """An alarm on one metric. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html"""

    role: str
    """Last part of the alarm's logical name."""
    metric: Metric
    comparison: str
    threshold: pulumi.Input[float]
    period: int = MINUTE
    """Seconds of one data point."""
    datapoints: int
    """Data points beyond the threshold, out of the last `periods`, that raise the alarm."""
    periods: int
    missing: str = "notBreaching"
    """Treatment of missing data: `breaching` where it means failure, else `notBreaching`."""
    advice: str


def service_alarms(monitored: MonitoredService) -> list[Alarm]:
    """Alarms of the site, from responses to visitors down to the tasks."""
    return [*_response_alarms(monitored), *_task_alarms(monitored)]


def _response_alarms(monitored: MonitoredService) -> list[Alarm]:
    """Data points of five minutes: the minutes of a quiet site have one request or none."""
    return [
        Alarm(
            role="application-errors",
            metric=target_metric(monitored, "HTTPCode_Target_5XX_Count", "Sum"),
            comparison="GreaterThanOrEqualToThreshold",
            threshold=5,
            period=FIVE_MINUTES,
            datapoints=1,
            periods=1,
            advice="The application answers 5xx. Look at its log; if it began with a release, roll back.",
        ),
        Alarm(
            role="no-answer",
            metric=load_balancer_metric(monitored, "HTTPCode_ELB_5XX_Count", "Sum"),
            comparison="GreaterThanOrEqualToThreshold",
            threshold=5,
            period=FIVE_MINUTES,
            datapoints=1,
            periods=1,
            advice="The load balancer answers 502, 503 or 504 itself: no task is healthy or they hang.",
        ),
        Alarm(
            role="slow",
            metric=target_metric(monitored, "TargetResponseTime", "p99"),
            comparison="GreaterThanThreshold",
            threshold=2,
            period=FIVE_MINUTES,
            datapoints=2,
            periods=2,
            advice="One request in a hundred takes over 2 s. Compare CPU of tasks and database on the dashboard.",
        ),
    ]


def _task_alarms(monitored: MonitoredService) -> list[Alarm]:
    """5 minutes out of 15: ECS replaces a failing task at once, so no fault lasts for minutes without a break."""
    return [
        Alarm(
            role="unhealthy",
            metric=target_metric(monitored, "UnHealthyHostCount", "Maximum"),
            comparison="GreaterThanThreshold",
            threshold=0,
            datapoints=5,
            periods=15,
            advice="Tasks fail their health check, and so do those that replace them. Read their stop reason.",
        ),
        _too_few(
            monitored, "too-few-tasks", "Fewer tasks run than minTasks. The service's events say why none starts."
        ),
        _memory(monitored, "memory", "A task is about to run out of memory. Raise taskMemory or look for a leak."),
    ]


def process_alarms(monitored: MonitoredProcess) -> list[Alarm]:
    """Alarms of the tasks of a process."""
    name = monitored.name
    return [
        _too_few(
            monitored,
            f"{name}-too-few-tasks",
            f"Fewer tasks of process {name} run than its minTasks: `python -m ops logs --process {name}` says why.",
        ),
        _memory(
            monitored,
            f"{name}-memory",
            f"A task of process {name} is about to run out of memory. Raise its memory or look for a leak.",
        ),
    ]


def _too_few(monitored: MonitoredTasks, role: str, advice: str) -> Alarm:
    return Alarm(
        role=role,
        metric=service_metric(monitored, "RunningTaskCount", "Minimum", namespace="ECS/ContainerInsights"),
        comparison="LessThanThreshold",
        threshold=monitored.min_tasks,
        datapoints=5,
        periods=15,
        # A service without a task reports nothing.
        missing="breaching",
        advice=advice,
    )


def _memory(monitored: MonitoredTasks, role: str, advice: str) -> Alarm:
    return Alarm(
        role=role,
        metric=service_metric(monitored, "MemoryUtilization", "Maximum"),
        comparison="GreaterThanThreshold",
        threshold=90,
        datapoints=5,
        periods=15,
        advice=advice,
    )


def database_alarms(monitored: MonitoredDatabase) -> list[Alarm]:
    """Alarms of a database that runs out of storage, CPU or connections."""
    return [
        Alarm(
            role="database-storage",
            metric=database_metric(monitored, "FreeStorageSpace", "Minimum"),
            comparison="LessThanThreshold",
            # RDS grows the storage at a tenth, so a twentieth is left only when it cannot.
            threshold=pulumi.Output.from_input(monitored.storage_gb).apply(lambda size: int(size) * GIB // 20),
            datapoints=5,
            periods=5,
            advice="Less than a twentieth of the storage is free. RDS grows it at a tenth, unless its last growth goes "
            "on or databaseMaxStorageGb is reached: raise that.",
        ),
        Alarm(
            role="database-cpu",
            metric=database_metric(monitored, "CPUUtilization", "Average"),
            comparison="GreaterThanThreshold",
            threshold=80,
            period=FIVE_MINUTES,
            datapoints=3,
            periods=3,
            advice="The database is busy. Database Insights shows the statements; then raise databaseClass.",
        ),
        Alarm(
            role="database-connections",
            metric=database_metric(monitored, "DatabaseConnections", "Maximum"),
            comparison="GreaterThanThreshold",
            threshold=monitored.connections * 8 // 10,
            datapoints=5,
            periods=5,
            advice="Four fifths of the connections are taken. Lower maxTasks or webThreads, or raise databaseClass.",
        ),
    ]


def schedule_alarm(queue: pulumi.Input[str]) -> Alarm:
    """Alarm of the queue whose messages a pipe mails, in case it does not."""
    return Alarm(
        role="schedules-not-mailed",
        metric=Metric(
            namespace="AWS/SQS",
            name="ApproximateAgeOfOldestMessage",
            dimensions={"QueueName": queue},
            statistic="Maximum",
        ),
        comparison="GreaterThanThreshold",
        threshold=FIVE_MINUTES,
        datapoints=1,
        periods=1,
        advice="Schedules did not start, and the pipe mails none of them. `aws sqs receive-message` shows which.",
    )


def cache_alarms(nodes: Sequence[pulumi.Input[str]]) -> list[Alarm]:
    """Alarms of each node of a cache that is full, evicts or is busy; `nodes` are their CacheClusterIds."""
    return [alarm for number, node in enumerate(nodes, start=1) for alarm in _node_alarms(f"-{number}", node)]


_NODE_RULES = (
    (
        "memory",
        "DatabaseMemoryUsagePercentage",
        "Maximum",
        90,
        "The cache is nearly full. Raise cacheNodeType: it refuses new jobs when only keys without an expiry are left.",
    ),
    (
        "evictions",
        "Evictions",
        "Sum",
        0,
        "The cache evicts values before they expire, and results of jobs with them. Raise cacheNodeType.",
    ),
    (
        "cpu",
        "EngineCPUUtilization",
        "Average",
        80,
        "The one thread of the cache's server is busy. Look for slow commands, or raise cacheNodeType.",
    ),
)
"""Name, metric, statistic, threshold and advice."""


def _node_alarms(suffix: str, node: pulumi.Input[str]) -> list[Alarm]:
    """Fifteen minutes: a burst that the eviction absorbs is no fault."""
    return [
        Alarm(
            role=f"cache-{name}{suffix}",
            metric=cache_metric(node, metric, statistic),
            comparison="GreaterThanThreshold",
            threshold=threshold,
            period=FIVE_MINUTES,
            datapoints=3,
            periods=3,
            advice=advice,
        )
        for name, metric, statistic, threshold, advice in _NODE_RULES
    ]
