from typing import Any

import pytest

from infra.scaling import Scaling, ScalingArgs


@pytest.fixture
def scaling(engine: Any) -> Any:
    args = ScalingArgs(cluster_name="c", service_name="s", min_tasks=2, max_tasks=10, cpu_percent=70)
    engine.run(lambda: Scaling("scaling", args))
    return engine


def test_the_service_has_between_two_and_ten_tasks(scaling: Any) -> None:
    target = scaling.one("appautoscaling/target:Target")
    assert (target["minCapacity"], target["maxCapacity"]) == (2, 10)
    assert target["resourceId"] == "service/c/s"
    assert (target["serviceNamespace"], target["scalableDimension"]) == ("ecs", "ecs:service:DesiredCount")


def test_cpu_is_held_at_its_target_and_tasks_go_slower_than_they_come(scaling: Any) -> None:
    policy = scaling.one("appautoscaling/policy:Policy")
    rule = policy["targetTrackingScalingPolicyConfiguration"]
    assert policy["policyType"] == "TargetTrackingScaling"
    assert rule["predefinedMetricSpecification"] == {"predefinedMetricType": "ECSServiceAverageCPUUtilization"}
    assert rule["targetValue"] == 70
    assert rule["scaleInCooldown"] > rule["scaleOutCooldown"]


def test_the_policy_scales_the_target_it_belongs_to(scaling: Any) -> None:
    target, policy = scaling.one("appautoscaling/target:Target"), scaling.one("appautoscaling/policy:Policy")
    for key in ("resourceId", "serviceNamespace", "scalableDimension"):
        assert policy[key] == target[key]
