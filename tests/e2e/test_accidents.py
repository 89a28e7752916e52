"""Containers that die while the site serves: load balancer and ECS replace them."""

import time

import pytest

from embedded_cloud.testing.polling import wait_until
from tests.e2e.checkout import Checkout
from tests.e2e.load import constant_load
from tests.e2e.running import containers, docker, service

pytestmark = pytest.mark.containers

SECONDS = 90
UNDER_WAY = 2
"""Longest request, in seconds: one of them may be lost with its task."""
DETECTED = 15
"""Seconds: two health checks, 5 s apart, and the next pass of ECS."""


def is_whole(checkout: Checkout, part: str) -> bool:
    """Whether the desired number of tasks runs and is healthy in the target group, without any other task."""
    elb, found = checkout.aws("elbv2"), service(checkout)
    (group,) = elb.describe_target_groups()["TargetGroups"]
    targets = elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]
    healthy = [one for one in targets if one["TargetHealth"]["State"] == "healthy"]
    alive = containers(checkout, f"name=-{part}")
    return bool(found["runningCount"] == found["desiredCount"] == len(healthy) == len(targets) == len(alive))


@pytest.mark.parametrize("part", ["web", "proxy"])
def test_a_killed_container_is_replaced(deployed: Checkout, part: str) -> None:
    # A container of the accident before may still be stopping.
    wait_until(lambda: is_whole(deployed, part), SECONDS)
    victim = containers(deployed, f"name=-{part}")[0]
    with constant_load(deployed.runtime) as load:
        wait_until(lambda: load.visits)
        before = time.monotonic()
        docker("kill", victim)
        # On a busy machine Docker needs seconds for that.
        killed = time.monotonic()
        # For a moment after the kill ECS still counts the dead task.
        wait_until(lambda: victim not in containers(deployed, f"name=-{part}") and is_whole(deployed, part), SECONDS)
    # Requests inside the dying task are lost, as on AWS. After the detection no request is sent to it.
    late = [visit for visit in load.lost if not before - UNDER_WAY < visit.at < killed + DETECTED]
    assert [(visit.path, visit.outcome, round(visit.at - killed, 1)) for visit in late] == []
    assert len(load.lost) < len(load.visits) / 4
