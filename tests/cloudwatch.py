"""When CloudWatch raises an alarm: its documented evaluation of data points, over values of one metric.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Minutes = Sequence[float | None]
"""One value of the metric per minute, the oldest first; None where AWS reports none."""

FURTHER_POINTS = 2
"""Data points that CloudWatch reads beyond the evaluation periods, to find real ones among missing ones."""
COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
}
STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "Sum": sum,
    "Minimum": min,
    "Maximum": max,
    "Average": lambda values: sum(values) / len(values),
    # Of a few requests, the 99th percentile is the slowest.
    "p99": max,
}


def rings(alarm: Mapping[str, Any], minutes: Minutes) -> bool:
    """Whether the alarm is raised at some time, after hours within the threshold.

    `alarm` holds the inputs of aws.cloudwatch.MetricAlarm.
    """
    before = [_within(alarm)] * (int(alarm["evaluationPeriods"]) + FURTHER_POINTS)
    points = [*before, *_data_points(alarm, minutes)]
    return any(is_raised(alarm, points[:end]) for end in range(len(before), len(points) + 1))


def is_raised(alarm: Mapping[str, Any], points: Minutes) -> bool:
    """Whether these data points, one per period, raise the alarm at their end."""
    periods = int(alarm["evaluationPeriods"])
    in_range = points[-(periods + FURTHER_POINTS) :]
    real = [point for point in in_range if point is not None]
    # Missing data counts only where the range has fewer real data points than the alarm needs.
    filled = max(0, periods - len(real))
    compare, threshold = COMPARISONS[alarm["comparisonOperator"]], alarm["threshold"]
    breaching = sum(compare(point, threshold) for point in real[-periods:])
    breaching += filled if alarm["treatMissingData"] == "breaching" else 0
    return breaching >= int(alarm.get("datapointsToAlarm", periods))


def _within(alarm: Mapping[str, Any]) -> float:
    compare, threshold = COMPARISONS[alarm["comparisonOperator"]], float(alarm["threshold"])
    return next(value for value in (threshold, threshold - 1) if not compare(value, threshold))


def _data_points(alarm: Mapping[str, Any], minutes: Minutes) -> Iterator[float | None]:
    length = int(alarm["period"]) // 60
    statistic = STATISTICS[alarm.get("statistic") or alarm["extendedStatistic"]]
    for start in range(0, len(minutes) - length + 1, length):
        values = [value for value in minutes[start : start + length] if value is not None]
        yield statistic(values) if values else None
