"""Alarm rules: metrics with thresholds, and what to do when they are crossed. Pure: no resources."""

from dataclasses import dataclass

import pulumi

from infra.observability.metrics import (
    GIB,
    Metric,
    MonitoredDatabase,
    MonitoredService,
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
        Alarm(
            role="too-few-tasks",
            metric=service_metric(monitored, "RunningTaskCount", "Minimum", namespace="ECS/ContainerInsights"),
            comparison="LessThanThreshold",
            threshold=monitored.min_tasks,
            datapoints=5,
            periods=15,
            # A service without a task reports nothing.
            missing="breaching",
            advice="Fewer tasks run than minTasks. The service's events say why none starts.",
        ),
        Alarm(
            role="memory",
            metric=service_metric(monitored, "MemoryUtilization", "Maximum"),
            comparison="GreaterThanThreshold",
            threshold=90,
            datapoints=5,
            periods=15,
            advice="A task is about to run out of memory. Raise taskMemory or look for a leak.",
        ),
    ]


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
