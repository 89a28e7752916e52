"""Values of CloudWatch metrics: one statistic, or metric math with numbers, `+ - * /` and FILL. Pure but for moto."""

import ast
import operator
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

OPERATORS: Mapping[type[ast.operator], Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
MOST_PERIODS = 5
"""How far back a value may be: metrics arrive late."""


class MathError(ValueError):
    """The expression is none that the embedded cloud evaluates."""


def newest_value(cloudwatch: Any, specification: Mapping[str, Any], period_seconds: float) -> float | None:
    """The newest value of a CustomizedMetricSpecification; None without data. Raises MathError."""
    queries = specification.get("Metrics") or [_query(specification)]
    stats = {one["Id"]: one["MetricStat"] for one in queries if "MetricStat" in one}
    values = {name: _newest(cloudwatch, stat, period_seconds) for name, stat in stats.items()}
    result = next(one for one in queries if one.get("ReturnData", True))
    return evaluate(result["Expression"], values) if "Expression" in result else values[result["Id"]]


def evaluate(expression: str, values: Mapping[str, float | None]) -> float | None:
    """Evaluate metric math; None when a value that it needs is missing, or after a division by zero."""
    try:
        return _evaluate(ast.parse(expression, mode="eval").body, values)
    except SyntaxError as error:
        raise MathError(f"metric math {expression!r}: {error.msg}") from None


def _evaluate(node: ast.AST, values: Mapping[str, float | None]) -> float | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.Name) and node.id in values:
        return values[node.id]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "FILL":
        value, filled = node.args
        found = _evaluate(value, values)
        return found if found is not None else _evaluate(filled, values) if isinstance(filled, ast.Constant) else None
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        left, right = _evaluate(node.left, values), _evaluate(node.right, values)
        if left is None or right is None or (right == 0 and isinstance(node.op, ast.Div)):
            return None
        return float(OPERATORS[type(node.op)](left, right))
    raise MathError(f"metric math {ast.unparse(node)!r}: the embedded cloud evaluates numbers, names, + - * / and FILL")


def _query(specification: Mapping[str, Any]) -> dict[str, Any]:
    names = ("Namespace", "MetricName", "Dimensions")
    metric = {name: specification[name] for name in names if name in specification}
    return {"Id": "m", "MetricStat": {"Metric": metric, "Stat": specification["Statistic"]}}


def _newest(cloudwatch: Any, stat: Mapping[str, Any], period_seconds: float) -> float | None:
    """The statistic of the newest period that has data."""
    metric = stat["Metric"]
    wanted = sorted((one["Name"], one["Value"]) for one in metric.get("Dimensions", []))
    now = datetime.now(UTC)
    found: list[tuple[datetime, float]] = [
        (one.timestamp.replace(tzinfo=UTC) if one.timestamp.tzinfo is None else one.timestamp, one.value)
        for one in cloudwatch.metric_data
        if one.namespace == metric["Namespace"]
        and one.name == metric["MetricName"]
        and sorted((dimension.name, dimension.value) for dimension in one.dimensions) == wanted
    ]
    for age in range(MOST_PERIODS):
        end = now - timedelta(seconds=age * period_seconds)
        values = [value for at, value in found if end - timedelta(seconds=period_seconds) < at <= end]
        if values:
            return _statistic(stat["Stat"], values)
    return None


def _statistic(name: str, values: Sequence[float]) -> float:
    by_name = {
        "Average": sum(values) / len(values),
        "Sum": sum(values),
        "Maximum": max(values),
        "Minimum": min(values),
        "SampleCount": float(len(values)),
    }
    if name not in by_name:
        raise MathError(f"statistic {name}: the embedded cloud computes {', '.join(by_name)}")
    return float(by_name[name])
