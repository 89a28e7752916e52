"""Counts of rate-based rules.

docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html
"""

import threading
from collections import defaultdict, deque
from collections.abc import Mapping
from typing import Any

from embedded_cloud.agents.waf.request import WebRequest

WINDOW_SECONDS = 300
"""Evaluation window of a rule that names none."""


class Rates:
    """Requests of the last seconds, by rule and aggregation key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._times: dict[tuple[str, str], deque[float]] = defaultdict(deque)

    def exceeds(self, rule: str, key: str, statement: Mapping[str, Any], now: float) -> bool:
        """Count one request, and return whether there were more in the window than the limit."""
        window = float(statement.get("EvaluationWindowSec") or WINDOW_SECONDS)
        with self._lock:
            times = self._times[rule, key]
            times.append(now)
            while times[0] <= now - window:
                times.popleft()
            # No rule needs to know how far above its limit the requests are.
            while len(times) > int(statement["Limit"]) + 1:
                times.popleft()
            return len(times) > int(statement["Limit"])


def aggregation_key(request: WebRequest, statement: Mapping[str, Any]) -> str | None:
    """Return what requests are counted by; None when that is not emulated or the request has none."""
    kind = statement.get("AggregateKeyType", "IP")
    if kind == "IP":
        return request.client
    if kind == "CONSTANT":
        return ""
    if kind == "FORWARDED_IP":
        line = request.header((statement.get("ForwardedIPConfig") or {}).get("HeaderName", "X-Forwarded-For"))
        return line.split(",")[0].strip() if line else None
    return None
