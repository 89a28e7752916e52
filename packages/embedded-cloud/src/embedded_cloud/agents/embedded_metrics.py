"""Embedded metric format: lines of JSON in a log that CloudWatch turns into metrics. Pure.

docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

MARK = '"_aws"'
"""Every such line has this key."""


def metrics(line: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Namespace and MetricDatum of each metric in the line; nothing for another line."""
    if MARK not in line:
        return
    try:
        document = json.loads(line)
        directives = document["_aws"]["CloudWatchMetrics"]
    except (ValueError, KeyError, TypeError):
        return
    for directive in directives:
        for names in directive.get("Dimensions") or [[]]:
            yield from ((directive["Namespace"], one) for one in _data(document, directive, names))


def _data(document: Mapping[str, Any], directive: Mapping[str, Any], names: list[str]) -> Iterator[dict[str, Any]]:
    dimensions = [{"Name": name, "Value": str(document[name])} for name in names if name in document]
    for metric in directive.get("Metrics", ()):
        value = document.get(metric["Name"])
        if isinstance(value, int | float | list):
            found = {"Values": value} if isinstance(value, list) else {"Value": value}
            yield {"MetricName": metric["Name"], "Dimensions": dimensions, "Unit": metric.get("Unit"), **found}
