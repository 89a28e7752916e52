"""Health checks of targets, and what they make of a target's state. The state machine is pure.

Rules: docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html.
"""

import http.client
import ssl
from dataclasses import dataclass, replace

from local.cloud.elb_targets import HEALTHY, INITIAL, INITIAL_HEALTH, UNHEALTHY, TargetHealth

USER_AGENT = "ELB-HealthChecker/2.0"


@dataclass(frozen=True, kw_only=True)
class CheckSettings:
    """How a target group checks its targets."""

    protocol: str
    port: str
    """A number, or `traffic-port`."""
    path: str
    matcher: str
    """Status codes that pass: `200`, `200,301`, `200-299`."""
    interval_seconds: float
    timeout_seconds: float
    healthy_threshold: int
    unhealthy_threshold: int


@dataclass(frozen=True)
class Outcome:
    """One check's result; `status` is None when no answer came."""

    status: int | None = None
    timed_out: bool = False


def observe(health: TargetHealth, outcome: Outcome, settings: CheckSettings) -> TargetHealth:
    """State after one more check. A new target needs one pass, one that was unhealthy the whole threshold."""
    if passes(outcome, settings.matcher):
        counted = replace(health, passes=health.passes + 1, failures=0)
        needed = 1 if health.state == INITIAL else settings.healthy_threshold
        if counted.passes >= needed:
            return replace(counted, state=HEALTHY, reason=None, description=None)
        return counted
    counted = replace(health, passes=0, failures=health.failures + 1)
    if counted.failures >= settings.unhealthy_threshold:
        reason, description = _failure(outcome)
        return replace(counted, state=UNHEALTHY, reason=reason, description=description)
    return counted


def begin(health: TargetHealth | None) -> TargetHealth:
    """State of a target whose group has just come into use, or which is new in it."""
    if health is not None and health.state in (HEALTHY, UNHEALTHY):
        return health
    if health is not None and health.state == INITIAL and health.reason != INITIAL_HEALTH.reason:
        return health
    return TargetHealth(
        state=INITIAL, reason="Elb.InitialHealthChecking", description="Initial health checks in progress"
    )


def passes(outcome: Outcome, matcher: str) -> bool:
    """Whether the status code is one that the matcher lists."""
    if outcome.status is None:
        return False
    for part in matcher.split(","):
        low, _, high = part.strip().partition("-")
        if int(low) <= outcome.status <= int(high or low):
            return True
    return False


def check(address: str, settings: CheckSettings) -> Outcome:
    """Ask one target (`ip:port`) for its health. Never raises."""
    host, _, port = address.rpartition(":")
    number = int(port if settings.port == "traffic-port" else settings.port)
    connection = _connection(settings, host, number)
    try:
        connection.request("GET", settings.path, headers={"User-Agent": USER_AGENT, "Connection": "close"})
        return Outcome(connection.getresponse().status)
    except TimeoutError:
        return Outcome(timed_out=True)
    except (OSError, http.client.HTTPException):
        return Outcome()
    finally:
        connection.close()


def _connection(settings: CheckSettings, host: str, port: int) -> http.client.HTTPConnection:
    if settings.protocol == "HTTPS":
        context = ssl.create_default_context()
        # A load balancer does not look at the certificates of its targets.
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection(host, port, timeout=settings.timeout_seconds, context=context)
    return http.client.HTTPConnection(host, port, timeout=settings.timeout_seconds)


def _failure(outcome: Outcome) -> tuple[str, str]:
    if outcome.timed_out:
        return "Target.Timeout", "Request timed out"
    if outcome.status is None:
        return "Target.FailedHealthChecks", "Health checks failed"
    return "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{outcome.status}]"
