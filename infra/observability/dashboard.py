"""CloudWatch dashboard: visitors at the top, then tasks, the database, the cache, and the web ACL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra import naming
from infra.ecs.waf_rules import BODY_RULE, RULE_GROUPS
from infra.observability.metrics import (
    Metric,
    MonitoredDatabase,
    MonitoredProcess,
    MonitoredService,
    cache_metric,
    database_metric,
    load_balancer_metric,
    service_metric,
    target_metric,
    web_acl_metric,
)

WIDTH = 8
HEIGHT = 6
Graphs = Mapping[str, Sequence[Metric]]
"""Metrics by title of the graph, three graphs per row."""


@dataclass(frozen=True, kw_only=True)
class DashboardArgs:
    """Arguments of the dashboard."""

    graphs: Graphs
    region: str


class Dashboard(pulumi.ComponentResource):
    """A dashboard of graphs; `url` opens it in the AWS console."""

    url: pulumi.Output[str]

    def __init__(self, name: str, args: DashboardArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Dashboard", name, None, opts)
        dashboard = aws.cloudwatch.Dashboard(
            f"{name}-board",
            # A fixed name, because operators look for it by name.
            dashboard_name=naming.dashboard(pulumi.get_project(), pulumi.get_stack()),
            dashboard_body=pulumi.Output.json_dumps(body(args.graphs, args.region), sort_keys=True),
            opts=pulumi.ResourceOptions(parent=self),
        )
        console = f"https://{args.region}.console.aws.amazon.com/cloudwatch/home?region={args.region}"
        self.url = pulumi.Output.concat(console, "#dashboards/dashboard/", dashboard.dashboard_name)
        self.register_outputs({"url": self.url})


def body(graphs: Graphs, region: str) -> dict[str, Any]:
    """The dashboard body, in which dimensions may be outputs."""
    widgets = [
        {
            "type": "metric",
            "x": WIDTH * (index % 3),
            "y": HEIGHT * (index // 3),
            "width": WIDTH,
            "height": HEIGHT,
            "properties": {
                "title": title,
                "region": region,
                "period": 60,
                "metrics": [_metric(metric) for metric in metrics],
            },
        }
        for index, (title, metrics) in enumerate(graphs.items())
    ]
    return {"widgets": widgets}


def _metric(metric: Metric) -> list[Any]:
    dimensions = [part for pair in metric.dimensions.items() for part in pair]
    return [metric.namespace, metric.name, *dimensions, {"stat": metric.statistic}]


def service_graphs(monitored: MonitoredService) -> Graphs:
    """Graphs of the load balancer and of the tasks."""
    insights = "ECS/ContainerInsights"
    return {
        "Requests per minute": [load_balancer_metric(monitored, "RequestCount", "Sum")],
        "Answer time in seconds": [
            target_metric(monitored, "TargetResponseTime", quantile) for quantile in ("p50", "p99")
        ],
        "Errors per minute": [
            target_metric(monitored, "HTTPCode_Target_5XX_Count", "Sum"),
            load_balancer_metric(monitored, "HTTPCode_ELB_5XX_Count", "Sum"),
            target_metric(monitored, "HTTPCode_Target_4XX_Count", "Sum"),
        ],
        "Tasks": [
            service_metric(monitored, "RunningTaskCount", "Average", insights),
            service_metric(monitored, "DesiredTaskCount", "Average", insights),
            target_metric(monitored, "UnHealthyHostCount", "Maximum"),
        ],
        "CPU of the tasks in percent": [
            service_metric(monitored, "CPUUtilization", quantile) for quantile in ("Average", "Maximum")
        ],
        "Memory of the tasks in percent": [service_metric(monitored, "MemoryUtilization", "Maximum")],
    }


def process_graphs(monitored: MonitoredProcess) -> Graphs:
    """A row of the tasks of a process, their load and the jobs that wait."""
    name, insights = monitored.name, "ECS/ContainerInsights"
    return {
        f"Tasks of {name}": [
            service_metric(monitored, count, "Average", insights) for count in ("RunningTaskCount", "DesiredTaskCount")
        ],
        f"CPU and memory of {name} in percent": [
            service_metric(monitored, used, "Maximum") for used in ("CPUUtilization", "MemoryUtilization")
        ],
        **({f"Jobs that wait for {name}": [monitored.backlog]} if monitored.backlog else {}),
    }


def schedule_graphs(group: pulumi.Input[str]) -> Graphs:
    """A graph of what EventBridge Scheduler starts, and cannot start, for the schedules of a group."""
    names = ("InvocationAttemptCount", "TargetErrorCount", "InvocationsSentToDeadLetterCount")
    dimensions = {"ScheduleGroup": group}
    return {
        "Runs of schedules": [
            Metric(namespace="AWS/Scheduler", name=name, dimensions=dimensions, statistic="Sum") for name in names
        ]
    }


def web_acl_graphs(web_acl: str, region: str) -> Graphs:
    """Graphs of what the rules of the web ACL match; `web_acl` is the name of its metrics."""
    groups = [group.name for group in RULE_GROUPS]
    matches = {"Requests that WAF counts": ("CountedRequests", groups)}
    matches["Requests that WAF blocks"] = ("BlockedRequests", [*groups, BODY_RULE])
    return {
        title: [web_acl_metric(web_acl, region, rule, name) for rule in rules]
        for title, (name, rules) in matches.items()
    }


def database_graphs(monitored: MonitoredDatabase) -> Graphs:
    """Graphs of the RDS instance."""
    return {
        "CPU of the database in percent": [database_metric(monitored, "CPUUtilization", "Average")],
        "Connections to the database": [database_metric(monitored, "DatabaseConnections", "Maximum")],
        "Free storage of the database in bytes": [database_metric(monitored, "FreeStorageSpace", "Minimum")],
    }


def cache_graphs(nodes: Sequence[pulumi.Input[str]]) -> Graphs:
    """Graphs of the cache, with a line for each node; none without nodes."""
    metrics = {
        "CPU of the cache in percent": ("EngineCPUUtilization", "Average"),
        "Memory of the cache in percent": ("DatabaseMemoryUsagePercentage", "Maximum"),
        "Evictions from the cache per minute": ("Evictions", "Sum"),
    }
    return {
        title: [cache_metric(node, name, statistic) for node in nodes]
        for title, (name, statistic) in metrics.items()
        if nodes
    }
