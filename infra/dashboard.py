"""The system on one page of CloudWatch: visitors on top, what serves in the middle, the database below."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.metrics import Metric, WatchedDatabase, WatchedService, database, load_balancer, service, targets

WIDTH = 8
HEIGHT = 6
Graphs = Mapping[str, Sequence[Metric]]
"""Metrics by title, three graphs to a row."""


@dataclass(frozen=True, kw_only=True)
class DashboardArgs:
    """What is drawn, and in which region."""

    graphs: Graphs
    region: str


class Dashboard(pulumi.ComponentResource):
    """Nine graphs of one size; `url` opens them in AWS's console."""

    url: pulumi.Output[str]

    def __init__(self, name: str, args: DashboardArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Dashboard", name, None, opts)
        dashboard = aws.cloudwatch.Dashboard(
            f"{name}-board",
            # People look for it by name, and nothing refers to it: a fixed name costs nothing here.
            dashboard_name=f"{pulumi.get_project()}-{pulumi.get_stack()}".replace(".", "-"),
            dashboard_body=pulumi.Output.json_dumps(body(args.graphs, args.region), sort_keys=True),
            opts=pulumi.ResourceOptions(parent=self),
        )
        console = f"https://{args.region}.console.aws.amazon.com/cloudwatch/home?region={args.region}"
        self.url = pulumi.Output.concat(console, "#dashboards/dashboard/", dashboard.dashboard_name)
        self.register_outputs({"url": self.url})


def body(graphs: Graphs, region: str) -> dict[str, Any]:
    """The dashboard's document; names in it may still be outputs."""
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
                "metrics": [_drawn(metric) for metric in metrics],
            },
        }
        for index, (title, metrics) in enumerate(graphs.items())
    ]
    return {"widgets": widgets}


def _drawn(metric: Metric) -> list[Any]:
    dimensions = [part for pair in metric.dimensions.items() for part in pair]
    return [metric.namespace, metric.name, *dimensions, {"stat": metric.statistic}]


def of_service(watched: WatchedService) -> Graphs:
    """Visitors on top, tasks below."""
    insights = "ECS/ContainerInsights"
    return {
        "Requests per minute": [load_balancer(watched, "RequestCount", "Sum")],
        "Answer time in seconds": [targets(watched, "TargetResponseTime", quantile) for quantile in ("p50", "p99")],
        "Errors per minute": [
            targets(watched, "HTTPCode_Target_5XX_Count", "Sum"),
            load_balancer(watched, "HTTPCode_ELB_5XX_Count", "Sum"),
            targets(watched, "HTTPCode_Target_4XX_Count", "Sum"),
        ],
        "Tasks": [
            service(watched, "RunningTaskCount", "Average", insights),
            service(watched, "DesiredTaskCount", "Average", insights),
            targets(watched, "UnHealthyHostCount", "Maximum"),
        ],
        "CPU of the tasks in percent": [
            service(watched, "CPUUtilization", quantile) for quantile in ("Average", "Maximum")
        ],
        "Memory of the tasks in percent": [service(watched, "MemoryUtilization", "Maximum")],
    }


def of_database(watched: WatchedDatabase) -> Graphs:
    """The last row."""
    return {
        "CPU of the database in percent": [database(watched, "CPUUtilization", "Average")],
        "Connections to the database": [database(watched, "DatabaseConnections", "Maximum")],
        "Free storage of the database in bytes": [database(watched, "FreeStorageSpace", "Minimum")],
    }
