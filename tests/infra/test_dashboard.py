import json
from typing import Any

import pytest

from infra.dashboard import Dashboard, DashboardArgs, Graphs, body, of_database, of_service
from infra.machine import watch
from tests.infra.watched import DATABASE, MACHINE, SERVICE

GRAPHS = {**of_service(SERVICE), **of_database(DATABASE)}


@pytest.mark.parametrize("serving", [of_service(SERVICE), watch.graphs(MACHINE)], ids=["service", "machine"])
def test_graphs_fill_the_page_without_covering_each_other(serving: Graphs) -> None:
    graphs = {**serving, **of_database(DATABASE)}
    places = [(widget["x"], widget["y"]) for widget in body(graphs, "us-east-1")["widgets"]]
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


def test_the_url_opens_the_stacks_own_page(engine: Any) -> None:
    url = engine.run(lambda: Dashboard("dashboard", DashboardArgs(graphs=GRAPHS, region="eu-west-1")).url)
    assert url.startswith("https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1")
    assert url.endswith("#dashboards/dashboard/preqly-test")
    declared = engine.one("cloudwatch/dashboard:Dashboard")
    assert json.loads(declared["dashboardBody"]) == body(GRAPHS, "eu-west-1")
