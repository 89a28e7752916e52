"""The bounds that Application Auto Scaling sets a service's desired count. Callers hold the cloud's lock."""

from typing import Any

DIMENSION = "ecs:service:DesiredCount"


def bound_desired_count(autoscaling: Any, service: Any) -> bool:
    """Bring the desired count within the service's scalable target, if it has one. True when it changed.

    Desired counts within the bounds stay: who sets them, by hand or by policy, is not this function's business.
    """
    targets = autoscaling.targets.get(DIMENSION, {})
    target = targets.get(f"service/{service.cluster_name}/{service.name}")
    # A service that was scaled to nothing on purpose is being taken down.
    if target is None or service.desired_count == 0:
        return False
    bounded = min(max(service.desired_count, int(target.min_capacity)), int(target.max_capacity))
    if bounded == service.desired_count:
        return False
    service.desired_count = bounded
    return True
