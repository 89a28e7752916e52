"""Our rollout settings are read from production's plan."""

from typing import Any

import pytest

from bench.peers import Rollout
from bench.rollout import declared
from local.plan import Plan, Planned

URN = "urn:pulumi:prod::preqly::preqly:infra:X$aws:{kind}::name"
GROUP = {
    "deregistrationDelay": 35,
    "healthCheck": {"interval": 5, "timeout": 4, "healthyThreshold": 2, "unhealthyThreshold": 2},
}
SERVICE = {"deploymentMinimumHealthyPercent": 100, "deploymentMaximumPercent": 200}


def plan(**inputs: dict[str, Any]) -> Plan:
    kinds = {"group": "lb/targetGroup:TargetGroup", "service": "ecs/service:Service"}
    return Plan(
        [Planned(urn=URN.format(kind=kinds[name]), operation="create", inputs=found) for name, found in inputs.items()]
    )


def test_settings_of_the_target_group_and_the_service():
    found = declared(plan(group=GROUP, service=SERVICE))
    assert found == Rollout(
        interval_seconds=5,
        timeout_seconds=4,
        healthy_threshold=2,
        unhealthy_threshold=2,
        drain_seconds=35,
        minimum_percent=100,
        maximum_percent=200,
    )
    assert found.configured_wait_seconds == (40, 45)


def test_a_plan_without_a_service_is_refused():
    with pytest.raises(KeyError, match="ecs/service"):
        declared(plan(group=GROUP))
