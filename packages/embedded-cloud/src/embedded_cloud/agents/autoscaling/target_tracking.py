"""Target tracking: how many tasks a service should have, from the values of its metrics. Pure.

As Application Auto Scaling does it for ECS: three values above the target add tasks, fifteen below 90 % of it remove
tasks (docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

PERIOD_SECONDS = 60
HIGH_VALUES, LOW_VALUES = 3, 15
LOW = 0.9
"""Part of the target below which tasks are surplus."""


@dataclass(frozen=True, kw_only=True)
class Policy:
    """One target tracking policy."""

    target: float
    scale_out_cooldown: float
    scale_in_cooldown: float
    scales_in: bool
    metric: Mapping[str, Any]
    """`PredefinedMetricSpecification` or `CustomizedMetricSpecification`."""

    @classmethod
    def of(cls, configuration: Mapping[str, Any]) -> "Policy":
        """Read TargetTrackingScalingPolicyConfiguration; both cooldowns are 300 seconds by default."""
        return cls(
            target=float(configuration["TargetValue"]),
            scale_out_cooldown=float(configuration.get("ScaleOutCooldown", 300)),
            scale_in_cooldown=float(configuration.get("ScaleInCooldown", 300)),
            scales_in=not configuration.get("DisableScaleIn", False),
            metric={name: one for name, one in configuration.items() if name.endswith("MetricSpecification")},
        )

    def wants(self, tasks: int, values: Sequence[float]) -> int:
        """The number of tasks that the newest values ask for; `tasks` when they ask for no change."""
        needed = math.ceil(tasks * values[-1] / self.target) if values else tasks
        if len(values) >= HIGH_VALUES and min(values[-HIGH_VALUES:]) > self.target:
            return max(needed, tasks + 1)
        if len(values) >= LOW_VALUES and max(values[-LOW_VALUES:]) < LOW * self.target:
            return min(needed, tasks - 1)
        return tasks


@dataclass
class History:
    """What is known of one scalable target."""

    values: dict[str, list[float]] = field(default_factory=dict)
    """The newest values of each policy's metric."""
    changed_at: float = -math.inf
    """When tasks were added or removed, in the clock's seconds."""

    def add(self, policy: str, value: float) -> None:
        self.values[policy] = [*self.values.get(policy, ()), value][-LOW_VALUES:]


def decide(
    tasks: int, policies: Mapping[str, Policy], history: History, now: float, *, may_scale_in: bool = True
) -> int:
    """The number of tasks: the largest that a policy wants; fewer only when every policy wants fewer.

    `now` and the cooldowns are in seconds of AWS's time.
    """
    wants = {name: policy.wants(tasks, history.values.get(name, [])) for name, policy in policies.items()}
    since = now - history.changed_at
    more = [count for name, count in wants.items() if count > tasks and since >= policies[name].scale_out_cooldown]
    if more:
        return max(more)
    fewer = [wants[name] for name, policy in policies.items() if policy.scales_in]
    cooldown = max((policy.scale_in_cooldown for policy in policies.values()), default=0)
    if may_scale_in and fewer and max(fewer) < tasks and since >= cooldown:
        return max(fewer)
    return tasks
