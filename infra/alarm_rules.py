"""What is worth waking someone: metrics with their thresholds, and what to do then. Pure: no resources."""

from dataclasses import dataclass

from infra.metrics import (
    GIB,
    Metric,
    WatchedDatabase,
    WatchedService,
    database,
    load_balancer,
    max_connections,
    service,
    targets,
)


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """When a metric is worth waking someone, and what to do then."""

    role: str
    """Last part of its logical name."""
    metric: Metric
    comparison: str
    threshold: float
    minutes: int
    """Consecutive minutes the threshold is crossed before it rings; a whole number of periods."""
    missing: str
    """What silence means: `breaching` where it is bad news, else `notBreaching`."""
    advice: str
    period: int = 60
    """Seconds that one number of the metric stands for. A shorter one than AWS's is silent in between."""


def of_service(watched: WatchedService) -> list[Alarm]:
    """What hurts visitors of a site on Fargate, from their side down to the tasks."""
    return [*_site(watched), *_tasks(watched)]


def application_errors(metric: Metric) -> Alarm:
    """Answers of 5xx a minute, whoever counts them."""
    return Alarm(
        role="application-errors",
        metric=metric,
        comparison="GreaterThanThreshold",
        threshold=5,
        minutes=3,
        missing="notBreaching",
        advice="The application answers 5xx. Look at its log; if it began with a release, roll back.",
    )


def slow(metric: Metric, serving: str) -> Alarm:
    """Seconds of the slowest hundredth of the answers; `serving` names what to look at."""
    return Alarm(
        role="slow",
        metric=metric,
        comparison="GreaterThanThreshold",
        threshold=2,
        minutes=10,
        missing="notBreaching",
        advice=f"One request in a hundred takes over 2 s. Compare CPU of {serving} and database on the dashboard.",
    )


def _site(watched: WatchedService) -> list[Alarm]:
    return [
        application_errors(targets(watched, "HTTPCode_Target_5XX_Count", "Sum")),
        Alarm(
            role="no-answer",
            metric=load_balancer(watched, "HTTPCode_ELB_5XX_Count", "Sum"),
            comparison="GreaterThanThreshold",
            threshold=5,
            minutes=3,
            missing="notBreaching",
            advice="The load balancer answers 502, 503 or 504 itself: no task is healthy or they hang.",
        ),
        slow(targets(watched, "TargetResponseTime", "p99"), "tasks"),
    ]


def _tasks(watched: WatchedService) -> list[Alarm]:
    return [
        Alarm(
            role="unhealthy",
            metric=targets(watched, "UnHealthyHostCount", "Maximum"),
            comparison="GreaterThanThreshold",
            threshold=0,
            minutes=5,
            missing="notBreaching",
            advice="A task fails its health check. ECS replaces it; if that repeats, read its stop reason.",
        ),
        Alarm(
            role="too-few-tasks",
            metric=service(watched, "RunningTaskCount", "Minimum", namespace="ECS/ContainerInsights"),
            comparison="LessThanThreshold",
            threshold=watched.min_tasks,
            minutes=5,
            missing="breaching",
            advice="Fewer tasks run than the stack asks for. The service's events say why none starts.",
        ),
        Alarm(
            role="memory",
            metric=service(watched, "MemoryUtilization", "Maximum"),
            comparison="GreaterThanThreshold",
            threshold=90,
            minutes=10,
            missing="notBreaching",
            advice="A task is about to run out of memory. Raise preqly:taskMemory or look for a leak.",
        ),
    ]


def of_database(watched: WatchedDatabase) -> list[Alarm]:
    """A database that is about to be full or overrun."""
    return [
        Alarm(
            role="database-storage",
            metric=database(watched, "FreeStorageSpace", "Minimum"),
            comparison="LessThanThreshold",
            threshold=watched.storage_gb * GIB // 10,
            minutes=5,
            missing="notBreaching",
            advice="Less than a tenth of the disk is free. RDS grows it up to preqly:databaseMaxStorageGb.",
        ),
        Alarm(
            role="database-cpu",
            metric=database(watched, "CPUUtilization", "Average"),
            comparison="GreaterThanThreshold",
            threshold=80,
            minutes=15,
            missing="notBreaching",
            advice="The database is busy. Performance Insights shows the statements; then raise preqly:databaseClass.",
        ),
        Alarm(
            role="database-connections",
            metric=database(watched, "DatabaseConnections", "Maximum"),
            comparison="GreaterThanThreshold",
            threshold=max_connections(watched.instance_class) * 8 // 10,
            minutes=5,
            missing="notBreaching",
            advice="Four fifths of the connections are taken. Lower preqly:maxTasks or raise preqly:databaseClass.",
        ),
    ]
