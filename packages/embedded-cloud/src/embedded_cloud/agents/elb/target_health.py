"""Health of targets: the state machine of health checks, kept on moto's target groups and described by its API.

Rules: docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html.
"""

from dataclasses import dataclass, replace
from typing import Any

from moto.elbv2.models import ELBv2Backend, FakeHealthStatus, FakeTargetGroup

from embedded_cloud.api.moto_patches.replace import Method, wrap_method
from embedded_cloud.config import Clocks

INITIAL, HEALTHY, UNHEALTHY, DRAINING, UNUSED = "initial", "healthy", "unhealthy", "draining", "unused"


@dataclass(frozen=True, kw_only=True)
class TargetHealth:
    """State of one target, with the counts that decide the next state."""

    state: str
    reason: str | None = None
    description: str | None = None
    passes: int = 0
    """Checks passed in a row."""
    failures: int = 0
    """Checks failed in a row."""
    draining_since: float | None = None
    """Seconds since the epoch, so that a restart of the cloud does not restart the delay."""


@dataclass(frozen=True, kw_only=True)
class CheckSettings:
    """Health check settings of a target group."""

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
    """Result of one check. `status` is None without an answer."""

    status: int | None = None
    timed_out: bool = False


INITIAL_HEALTH = TargetHealth(
    state=INITIAL, reason="Elb.RegistrationInProgress", description="Target registration is in progress"
)
DRAINING_HEALTH = TargetHealth(
    state=DRAINING, reason="Target.DeregistrationInProgress", description="Target deregistration is in progress"
)
UNUSED_HEALTH = TargetHealth(
    state=UNUSED,
    reason="Target.NotInUse",
    description="Target group is not configured to receive traffic from the load balancer",
)


def observe(health: TargetHealth, outcome: Outcome, settings: CheckSettings) -> TargetHealth:
    """Return the state after one more check. A new target needs one pass, an unhealthy one the whole threshold."""
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
    """Return the state of a target that is new in its group, or of a group that a listener just began to use."""
    if health is not None and health.state in (HEALTHY, UNHEALTHY):
        return health
    if health is not None and health.state == INITIAL and health.reason != INITIAL_HEALTH.reason:
        return health
    return TargetHealth(
        state=INITIAL, reason="Elb.InitialHealthChecking", description="Initial health checks in progress"
    )


def has_drained(waited_seconds: float, delay_seconds: float, *, in_flight: bool, clocks: Clocks) -> bool:
    """Return whether draining is over: with the delay, or on faster clocks with the last request in flight."""
    return waited_seconds >= delay_seconds or not (in_flight or clocks.idle_targets_drain)


def passes(outcome: Outcome, matcher: str) -> bool:
    """Return whether the matcher lists the status code."""
    if outcome.status is None:
        return False
    for part in matcher.split(","):
        low, _, high = part.strip().partition("-")
        if int(low) <= outcome.status <= int(high or low):
            return True
    return False


def _failure(outcome: Outcome) -> tuple[str, str]:
    if outcome.timed_out:
        return "Target.Timeout", "Request timed out"
    if outcome.status is None:
        return "Target.FailedHealthChecks", "Health checks failed"
    return "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{outcome.status}]"


def health_of(group: FakeTargetGroup, address: str) -> TargetHealth | None:
    return observed(group).get(address)


def observed(group: FakeTargetGroup) -> dict[str, TargetHealth]:
    """Return the observed health of a group's targets by address, for reading and writing."""
    if not hasattr(group, "observed"):
        group.observed = {}
    found: dict[str, TargetHealth] = group.observed
    return found


def apply() -> None:
    """Make DescribeTargetHealth answer the observed health. Groups without an agent stay as moto has them."""
    wrap_method(FakeTargetGroup, "health_for", _health_for)
    wrap_method(ELBv2Backend, "describe_target_health", _describe_target_health)


def _health_for(original: Method, self: FakeTargetGroup, target: dict[str, Any], ec2_backend: Any) -> FakeHealthStatus:
    known = self.targets.get(target["Id"]) or self.deregistered_targets.get(target["Id"])
    if not hasattr(self, "observed") or known is None:
        return original(self, target, ec2_backend)
    health = self.observed.get(target["Id"]) or INITIAL_HEALTH
    port = self.health_check_port if self.health_check_port != "traffic-port" else str(known["Port"])
    return FakeHealthStatus(target["Id"], known["Port"], port, health.state, health.reason, health.description)


def _describe_target_health(
    original: Method, self: ELBv2Backend, target_group_arn: str, targets: list[dict[str, Any]]
) -> Any:
    group = self.target_groups.get(target_group_arn)
    if not targets and group is not None and hasattr(group, "observed"):
        targets = [*group.targets.values(), *group.deregistered_targets.values()]
        return [group.health_for(target, self.ec2_backend) for target in targets]
    return original(self, target_group_arn, targets)
