"""Alarm rules: metrics with thresholds, and what to do when they are crossed. Pure: no resources."""

from dataclasses import dataclass

from infra.observability.metrics import (
    GIB,
    Metric,
    MonitoredDatabase,
    MonitoredService,
    database_metric,
    load_balancer_metric,
    max_connections,
    service_metric,
    target_metric,
)


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """An alarm on one metric, evaluated every minute."""

    role: str
    """Last part of the alarm's logical name."""
    metric: Metric
    comparison: str
    threshold: float
    minutes: int
    """Consecutive minutes beyond the threshold before the alarm."""
    missing: str = "notBreaching"
    """Treatment of missing data: `breaching` where it means failure, else `notBreaching`."""
    advice: str


def service_alarms(monitored: MonitoredService) -> list[Alarm]:
    """Alarms of the site, from responses to visitors down to the tasks."""
    return [*_response_alarms(monitored), *_task_alarms(monitored)]


def _response_alarms(monitored: MonitoredService) -> list[Alarm]:
    return [
        Alarm(
            role="application-errors",
            metric=target_metric(monitored, "HTTPCode_Target_5XX_Count", "Sum"),
            comparison="GreaterThanThreshold",
            threshold=5,
            minutes=3,
            advice="The application answers 5xx. Look at its log; if it began with a release, roll back.",
        ),
        Alarm(
            role="no-answer",
            metric=load_balancer_metric(monitored, "HTTPCode_ELB_5XX_Count", "Sum"),
            comparison="GreaterThanThreshold",
            threshold=5,
            minutes=3,
            advice="The load balancer answers 502, 503 or 504 itself: no task is healthy or they hang.",
        ),
        Alarm(
            role="slow",
            metric=target_metric(monitored, "TargetResponseTime", "p99"),
            comparison="GreaterThanThreshold",
            threshold=2,
            minutes=10,
            advice="One request in a hundred takes over 2 s. Compare CPU of tasks and database on the dashboard.",
        ),
    ]


def _task_alarms(monitored: MonitoredService) -> list[Alarm]:
    return [
        Alarm(
            role="unhealthy",
            metric=target_metric(monitored, "UnHealthyHostCount", "Maximum"),
            comparison="GreaterThanThreshold",
            threshold=0,
            minutes=5,
            advice="A task fails its health check. ECS replaces it; if that repeats, read its stop reason.",
        ),
        Alarm(
            role="too-few-tasks",
            metric=service_metric(monitored, "RunningTaskCount", "Minimum", namespace="ECS/ContainerInsights"),
            comparison="LessThanThreshold",
            threshold=monitored.min_tasks,
            minutes=5,
            missing="breaching",
            advice="Fewer tasks run than the stack asks for. The service's events say why none starts.",
        ),
        Alarm(
            role="memory",
            metric=service_metric(monitored, "MemoryUtilization", "Maximum"),
            comparison="GreaterThanThreshold",
            threshold=90,
            minutes=10,
            advice="A task is about to run out of memory. Raise preqly:taskMemory or look for a leak.",
        ),
    ]


def database_alarms(monitored: MonitoredDatabase) -> list[Alarm]:
    """Alarms of a database that runs out of storage, CPU or connections."""
    return [
        Alarm(
            role="database-storage",
            metric=database_metric(monitored, "FreeStorageSpace", "Minimum"),
            comparison="LessThanThreshold",
            threshold=monitored.storage_gb * GIB // 10,
            minutes=5,
            advice="Less than a tenth of the disk is free. RDS grows it up to preqly:databaseMaxStorageGb.",
        ),
        Alarm(
            role="database-cpu",
            metric=database_metric(monitored, "CPUUtilization", "Average"),
            comparison="GreaterThanThreshold",
            threshold=80,
            minutes=15,
            advice="The database is busy. Performance Insights shows the statements; then raise preqly:databaseClass.",
        ),
        Alarm(
            role="database-connections",
            metric=database_metric(monitored, "DatabaseConnections", "Maximum"),
            comparison="GreaterThanThreshold",
            threshold=max_connections(monitored.instance_class) * 8 // 10,
            minutes=5,
            advice="Four fifths of the connections are taken. Lower preqly:maxTasks or raise preqly:databaseClass.",
        ),
    ]
