"""Containers that die while the site serves: the load balancer and ECS make up for it."""

import time

import pytest

from tests.e2e.checkout import Checkout
from tests.e2e.containers import docker, running
from tests.e2e.load import constant_load
from tests.e2e.serving import service
from tests.waiting import wait_until

pytestmark = pytest.mark.containers

SECONDS = 90
HELD = 2
"""Seconds a request may have been under way when its task died."""
NOTICED = 15
"""Seconds: two health checks 5 s apart, and the next look of ECS."""


def whole(checkout: Checkout, part: str) -> bool:
    """Whether as many tasks as are asked for run and are healthy targets, and nothing of one more is left."""
    elb, found = checkout.aws("elbv2"), service(checkout)
    (group,) = elb.describe_target_groups()["TargetGroups"]
    targets = elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]
    healthy = [one for one in targets if one["TargetHealth"]["State"] == "healthy"]
    containers = running(checkout, f"name=-{part}")
    return bool(found["runningCount"] == found["desiredCount"] == len(healthy) == len(targets) == len(containers))


@pytest.mark.parametrize("part", ["web", "proxy"])
def test_a_killed_container_is_made_up_for(deployed: Checkout, part: str) -> None:
    # The accident before may have left a container that is still on its way out.
    wait_until(lambda: whole(deployed, part), SECONDS)
    victim = running(deployed, f"name=-{part}")[0]
    with constant_load(deployed.runtime) as load:
        time.sleep(2)
        before = time.monotonic()
        docker("kill", victim)
        # On a busy machine Docker takes seconds for that.
        killed = time.monotonic()
        # In the moment after the kill ECS still counts the dead one.
        wait_until(lambda: victim not in running(deployed, f"name=-{part}") and whole(deployed, part), SECONDS)
    # What the dying task had in its hands is lost, as on AWS; nobody is sent to it once that was noticed.
    strange = [visit for visit in load.lost if not before - HELD < visit.at < killed + NOTICED]
    assert [(visit.path, visit.outcome, round(visit.at - killed, 1)) for visit in strange] == []
    assert len(load.lost) < len(load.visits) / 4
