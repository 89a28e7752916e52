"""CloudWatch's alarms on numbers that something here really reports: they change their state and tell their topics.

Rules: docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html, "Evaluating an alarm".
"""

import json
import logging
import math
import operator
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from local.cloud.config import REGION
from local.cloud.context import CloudContext

logger = logging.getLogger("preqly.cloud")

LOOK_SECONDS = 10.0
KEPT_SECONDS = 3 * 3600
"""How long a number is kept, as AWS keeps those of less than a minute; each save would write more of them."""
OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"
COMPARISONS: Mapping[str, Callable[[float, float], bool]] = MappingProxyType(
    {
        "GreaterThanThreshold": operator.gt,
        "GreaterThanOrEqualToThreshold": operator.ge,
        "LessThanThreshold": operator.lt,
        "LessThanOrEqualToThreshold": operator.le,
    }
)


class Alarms:
    """Looks at every alarm now and then."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._looked_at = 0.0

    def step(self) -> None:
        """Evaluate what is due."""
        now = time.time()
        if now - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = now
        with self._context.lock:
            cloudwatch = self._context.backend("cloudwatch")
            _forget(cloudwatch, now)
            for alarm in cloudwatch.alarms.values():
                state = evaluate(alarm, cloudwatch.metric_data, now)
                if state not in (None, alarm.state_value):
                    self._change(alarm, str(state))

    def _change(self, alarm: Any, state: str) -> None:
        before, reason = alarm.state_value, f"{alarm.metric_name} of the last {alarm.evaluation_periods} periods"
        logger.info("cloudwatch: alarm %s goes from %s to %s", alarm.name, before, state)
        alarm.update_state(reason, "{}", state)
        self._context.touch()
        if not alarm.actions_enabled:
            return
        told = {ALARM: alarm.alarm_actions, OK: alarm.ok_actions}.get(state, alarm.insufficient_data_actions)
        message = {
            "AlarmName": alarm.name,
            "AlarmDescription": alarm.description,
            "AlarmArn": alarm.alarm_arn,
            "Region": REGION,
            "NewStateValue": state,
            "NewStateReason": reason,
            "OldStateValue": before,
            "StateChangeTime": datetime.now(UTC).isoformat(),
        }
        topics = self._context.backend("sns").topics
        for arn in told or ():
            if arn in topics:
                topics[arn].publish(json.dumps(message), subject=f'{state}: "{alarm.name}" in {REGION}'[:100])


def evaluate(alarm: Any, data: Sequence[Any], now: float) -> str | None:
    """The state an alarm should have; None when nothing here reports its metric, or silence is to be ignored."""
    values = [one for one in data if _same_metric(one, alarm)]
    if not values or alarm.comparison_operator not in COMPARISONS:
        return None
    breaks = list(_periods(alarm, values, now))
    silence = alarm.treat_missing_data or "missing"
    if set(breaks) == {None} and silence in ("missing", "ignore"):
        return INSUFFICIENT_DATA if silence == "missing" else None
    count = sum(silence == "breaching" if one is None else one for one in breaks)
    return ALARM if count >= (alarm.datapoints_to_alarm or alarm.evaluation_periods) else OK


def _periods(alarm: Any, values: Sequence[Any], now: float) -> Iterator[bool | None]:
    """For each of the last whole periods whether the threshold is broken; None where there is no number."""
    period, breaks = int(alarm.period), COMPARISONS[alarm.comparison_operator]
    end = now // period * period
    for number in range(int(alarm.evaluation_periods)):
        begin = end - (number + 1) * period
        found = [one.value for one in values if begin <= _seconds(one) < begin + period]
        yield breaks(_statistic(alarm, found), float(alarm.threshold)) if found else None


def _statistic(alarm: Any, values: Sequence[float]) -> float:
    if alarm.extended_statistic:
        percent = float(alarm.extended_statistic.removeprefix("p"))
        return sorted(values)[max(math.ceil(len(values) * percent / 100) - 1, 0)]
    functions: Mapping[str, Callable[[Sequence[float]], float]] = {
        "Sum": sum,
        "Minimum": min,
        "Maximum": max,
        "SampleCount": len,
        "Average": lambda all_of_them: sum(all_of_them) / len(all_of_them),
    }
    return functions[alarm.statistic](values)


def _same_metric(datum: Any, alarm: Any) -> bool:
    wanted = {one.name: one.value for one in alarm.dimensions}
    return (
        (datum.namespace, datum.name) == (alarm.namespace, alarm.metric_name)
        and hasattr(datum, "value")
        and {one.name: one.value for one in datum.dimensions} == wanted
    )


def _forget(cloudwatch: Any, now: float) -> None:
    if cloudwatch.metric_data and now - _seconds(cloudwatch.metric_data[0]) > KEPT_SECONDS + 600:
        cloudwatch.metric_data = [one for one in cloudwatch.metric_data if now - _seconds(one) <= KEPT_SECONDS]


def _seconds(datum: Any) -> float:
    moment: datetime = datum.timestamp
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
