import json
from typing import Any

from infra.observability.dashboard import Dashboard, DashboardArgs, body, database_graphs, service_graphs
from infra.observability.metrics import MonitoredDatabase, MonitoredService

GRAPHS = {
    **service_graphs(
        MonitoredService(
            load_balancer="app/front/1",
            target_group="targetgroup/front/2",
            cluster="cluster",
            service="service",
            min_tasks=2,
        )
    ),
    **database_graphs(MonitoredDatabase(identifier="preqly-1", instance_class="db.t4g.micro", storage_gb=20)),
}


def test_graphs_fill_the_page_without_overlap() -> None:
    places = [(widget["x"], widget["y"]) for widget in body(GRAPHS, "us-east-1")["widgets"]]
    assert places == [(x, y) for y in (0, 6, 12) for x in (0, 8, 16)]


def test_a_graph_names_its_metric_with_all_dimensions() -> None:
    titles = {widget["properties"]["title"]: widget["properties"]["metrics"] for widget in body(GRAPHS, "r")["widgets"]}
    assert titles["Answer time in seconds"] == [
        [
            *("AWS/ApplicationELB", "TargetResponseTime"),
            *("LoadBalancer", "app/front/1", "TargetGroup", "targetgroup/front/2"),
            {"stat": quantile},
        ]
        for quantile in ("p50", "p99")
    ]


def test_the_url_opens_the_dashboard_of_the_stack(engine: Any) -> None:
    url = engine.run(lambda: Dashboard("dashboard", DashboardArgs(graphs=GRAPHS, region="eu-west-1")).url)
    assert url.startswith("https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1")
    assert url.endswith("#dashboards/dashboard/preqly-test")
    declared = engine.one("cloudwatch/dashboard:Dashboard")
    assert json.loads(declared["dashboardBody"]) == body(GRAPHS, "eu-west-1")
