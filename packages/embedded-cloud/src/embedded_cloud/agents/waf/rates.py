"""Counts of rate-based rules.

docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html
"""

import ipaddress
import threading
from collections import deque
from collections.abc import Mapping
from typing import Any

from embedded_cloud.agents.waf.request import WebRequest

WINDOW_SECONDS = 300
"""Evaluation window of a rule that names none."""
FORGET_SECONDS = 60.0
"""Pause between two looks for counts whose window has passed: the shortest window."""

_Counted = tuple[str, int, float, str]
"""Rule, limit and window in seconds, and aggregation key: new limits of a rule begin new counts, as on AWS."""


class Rates:
    """Requests of the last seconds, by rule and aggregation key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._times: dict[_Counted, deque[float]] = {}
        self._forgot_at = 0.0

    def __len__(self) -> int:
        """Return how many keys are counted, those of all rules together."""
        return len(self._times)

    def exceeds(self, rule: str, key: str, statement: Mapping[str, Any], now: float) -> bool:
        """Count one request, and return whether there were more in the window than the limit."""
        window, limit = float(statement.get("EvaluationWindowSec") or WINDOW_SECONDS), int(statement["Limit"])
        with self._lock:
            self._forget(now)
            # No rule needs to know how far above its limit the requests are.
            times = self._times.setdefault((rule, limit, window, key), deque(maxlen=limit + 1))
            times.append(now)
            return len(times) > limit and times[0] > now - window

    def _forget(self, now: float) -> None:
        if now - self._forgot_at < FORGET_SECONDS:
            return
        self._forgot_at = now
        for counted in [one for one, times in self._times.items() if times[-1] <= now - one[2]]:
            del self._times[counted]


def aggregation_key(request: WebRequest, statement: Mapping[str, Any]) -> str | bool | None:
    """Return what requests are counted by; None when that is not emulated or the request has none.

    For a forwarded address that is none: whether the rule matches all the same.
    """
    kind = statement.get("AggregateKeyType", "IP")
    if kind == "IP":
        return request.client
    if kind == "CONSTANT":
        return ""
    if kind == "FORWARDED_IP":
        config = statement.get("ForwardedIPConfig") or {}
        line = request.header(config.get("HeaderName", "X-Forwarded-For"))
        first = None if line is None else line.split(",")[0].strip()
        return first if first is None or _is_address(first) else config.get("FallbackBehavior") == "MATCH"
    return None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
