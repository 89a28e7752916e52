"""Health of targets as the load balancer's agent observed it, kept on moto's target groups and told by its API."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moto.elbv2.models import ELBv2Backend, FakeHealthStatus, FakeTargetGroup

from local.cloud.moto_patches.replace import replace_method

INITIAL, HEALTHY, UNHEALTHY, DRAINING, UNUSED = "initial", "healthy", "unhealthy", "draining", "unused"


@dataclass(frozen=True, kw_only=True)
class TargetHealth:
    """State of one target, with the counts that lead to the next one."""

    state: str
    reason: str | None = None
    description: str | None = None
    passes: int = 0
    """Checks passed in a row."""
    failures: int = 0
    """Checks failed in a row."""
    draining_since: float | None = None
    """Seconds since the epoch, so that a restart does not begin the delay anew."""


def health_of(group: FakeTargetGroup, address: str) -> TargetHealth | None:
    """What was observed of a target; None before the agent saw it."""
    return observed(group).get(address)


def observed(group: FakeTargetGroup) -> dict[str, TargetHealth]:
    """All that was observed of a group's targets, for reading and writing."""
    if not hasattr(group, "observed"):
        group.observed = {}
    found: dict[str, TargetHealth] = group.observed
    return found


def apply() -> None:
    """Let DescribeTargetHealth tell what the agent observed. Groups no agent follows stay as moto has them."""
    replace_method(FakeTargetGroup, "health_for", _health_for)
    replace_method(ELBv2Backend, "describe_target_health", _describe_target_health)


def _health_for(original: Callable[..., Any]) -> Callable[..., Any]:
    def health_for(self: FakeTargetGroup, target: dict[str, Any], ec2_backend: Any) -> FakeHealthStatus:
        known = self.targets.get(target["Id"]) or self.deregistered_targets.get(target["Id"])
        if not hasattr(self, "observed") or known is None:
            return original(self, target, ec2_backend)
        health = self.observed.get(target["Id"]) or INITIAL_HEALTH
        port = self.health_check_port if self.health_check_port != "traffic-port" else str(known["Port"])
        return FakeHealthStatus(target["Id"], known["Port"], port, health.state, health.reason, health.description)

    return health_for


def _describe_target_health(original: Callable[..., Any]) -> Callable[..., Any]:
    def describe_target_health(self: ELBv2Backend, target_group_arn: str, targets: list[dict[str, Any]]) -> Any:
        group = self.target_groups.get(target_group_arn)
        if not targets and group is not None and hasattr(group, "observed"):
            targets = [*group.targets.values(), *group.deregistered_targets.values()]
            return [group.health_for(target, self.ec2_backend) for target in targets]
        return original(self, target_group_arn, targets)

    return describe_target_health


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
