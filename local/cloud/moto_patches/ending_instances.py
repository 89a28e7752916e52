"""Instances that a group has ended: it lists them for a while, and is not left with fewer than its minimum."""

import time
from collections.abc import Callable
from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup, InstanceState

from local.cloud.moto_patches.replace import replace_method

LISTED_SECONDS = 60.0
"""AWS needs about as long to shut an instance down."""
_LEAVING = "leaving_states"
"""Attribute of a group: what it has ended, and when."""


def apply() -> None:
    """Patch groups. Idempotent."""
    replace_method(AutoScalingBackend, "terminate_instance", _terminate)
    # What DescribeAutoScalingGroups answers with; the group itself counts `instance_states`.
    setattr(FakeAutoScalingGroup, "instances", property(_listed))  # noqa: B010 - mypy knows it as read-only


def _terminate(original: Callable[..., Any]) -> Callable[..., Any]:
    def terminate(self: AutoScalingBackend, instance_id: str, should_decrement: bool) -> Any:
        groups = self.autoscaling_groups.values()
        group = next((one for one in groups if instance_id in [state.instance.id for state in _listed(one)]), None)
        if group is not None and should_decrement and (group.desired_capacity or 0) <= group.min_size:
            raise ValidationError(
                f"Currently, desiredSize equals minSize ({group.min_size}). Terminating instance without replacement "
                "will violate group's min size constraint."
            )
        state = next((one for one in group.instance_states if one.instance.id == instance_id), None) if group else None
        if group is None or state is None:
            raise ValidationError(f"Instance Id not found - No managed instance found for instance ID: {instance_id}")
        activity = original(self, instance_id, should_decrement)
        state.lifecycle_state = "Terminating"
        setattr(group, _LEAVING, [*_leaving(group), (time.time(), state)])
        return activity

    return terminate


def _listed(self: FakeAutoScalingGroup) -> list[InstanceState]:
    return [*self.instance_states, *(state for _, state in _leaving(self))]


def _leaving(group: FakeAutoScalingGroup) -> list[tuple[float, InstanceState]]:
    now = time.time()
    return [one for one in getattr(group, _LEAVING, []) if now - one[0] < LISTED_SECONDS]
