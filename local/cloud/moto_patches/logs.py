"""CloudWatch Logs: streams that clients write to stay short, and metric filters turn their lines into numbers."""

import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from moto.backends import get_backend
from moto.logs.metric_filters import MetricFilters
from moto.logs.models import LogsBackend

from local.cloud.moto_patches.replace import replace_method

Method = Callable[..., Any]

KEPT_EVENTS = 5000
"""Per stream, as of those the cloud itself writes; the oldest go first."""
COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_TERM = re.compile(r'\(?\s*\$\.(\w+)\s*(!=|>=|<=|=|>|<)\s*(?:"([^"]*)"|(-?[\d.]+))\s*\)?')


def apply() -> None:
    """Patch log groups. Idempotent."""
    replace_method(LogsBackend, "put_log_events", _put)
    replace_method(MetricFilters, "add_filter", _replace)


def _replace(original: Method) -> Method:
    """A filter of the same name takes the place of the one before; moto keeps both."""

    def add(self: MetricFilters, filter_name: str, filter_pattern: str, log_group_name: str, changes: Any) -> None:
        self.delete_filter(filter_name, log_group_name)
        original(self, filter_name, filter_pattern, log_group_name, changes)

    return add


def _put(original: Method) -> Method:
    def put(self: LogsBackend, log_group_name: str, log_stream_name: str, log_events: list[dict[str, Any]]) -> Any:
        answer = original(self, log_group_name, log_stream_name, log_events)
        del self.groups[log_group_name].streams[log_stream_name].events[:-KEPT_EVENTS]
        for one in self.filters.metric_filters:
            if one["logGroupName"] == log_group_name:
                _measure(self, one, [str(event["message"]) for event in log_events])
        return answer

    return put


def _measure(logs: LogsBackend, metric_filter: Mapping[str, Any], messages: Sequence[str]) -> None:
    """One number for the lines that a client has sent at once: a count is their sum, a value the highest of them."""
    found = [line for line in map(_parsed, messages) if line and matches(metric_filter["filterPattern"], line)]
    for change in metric_filter["metricTransformations"]:
        if values := list(_values(change["metricValue"], found)):
            number = max(values) if change["metricValue"].startswith("$.") else sum(values)
            datum = {"MetricName": change["metricName"], "Value": number}
            cloudwatch = get_backend("cloudwatch")[logs.account_id][logs.region_name]
            cloudwatch.put_metric_data(change["metricNamespace"], [datum])


def matches(pattern: str, line: Mapping[str, Any]) -> bool:
    """Whether a line in JSON fits a pattern `{ ($.a = "x") && ($.b >= 1) }`. Other patterns fit nothing here."""
    terms = pattern.strip().removeprefix("{").removesuffix("}").split("&&")
    return all((found := _TERM.fullmatch(term.strip())) and _holds(found, line) for term in terms)


def _holds(term: "re.Match[str]", line: Mapping[str, Any]) -> bool:
    name, sign, text, number = term.groups()
    value = line.get(name)
    if text is not None:
        return COMPARISONS[sign](value, text)
    return isinstance(value, int | float) and COMPARISONS[sign](value, float(number))


def _values(wanted: str, lines: Sequence[Mapping[str, Any]]) -> Iterator[float]:
    for line in lines:
        value = line.get(wanted.removeprefix("$.")) if wanted.startswith("$.") else wanted
        if value is not None:
            yield float(value)


def _parsed(message: str) -> dict[str, Any] | None:
    try:
        line = json.loads(message) if message.startswith("{") else None
    except ValueError:
        return None
    return line if isinstance(line, dict) else None
