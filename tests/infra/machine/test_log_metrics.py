"""Metrics out of nginx's log."""

import json
import re
from typing import Any

from infra.machine.log_metrics import LogMetrics, LogMetricsArgs
from infra.machine.watch import FILTERS
from local.runtime import ROOT


def test_each_filter_writes_to_the_stacks_own_namespace(engine: Any) -> None:
    namespace = engine.run(lambda: LogMetrics("log-metrics", LogMetricsArgs(log_group="app")).namespace)
    filters = engine.all("cloudwatch/logMetricFilter:LogMetricFilter")
    assert {one.inputs["metricTransformation"]["name"] for one in filters} == set(FILTERS)
    for one in filters:
        assert one.inputs["metricTransformation"]["namespace"] == namespace == "Preqly/preqly-test"
        assert one.inputs["logGroupName"] == "app"


def test_the_filters_read_what_nginx_writes() -> None:
    configuration = (ROOT / "docker/nginx/nginx.conf").read_text()
    (form,) = re.findall(r"log_format json escape=json (.*?);", configuration, re.DOTALL)
    line = json.loads(re.sub(r"\$\w+", "1", "".join(re.findall(r"'([^']*)'", form))))
    assert line["logger"] == "nginx"
    for pattern, value in FILTERS.values():
        assert set(re.findall(r"\$\.(\w+)", f"{pattern} {value}")) <= set(line)
