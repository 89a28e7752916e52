"""Application Auto Scaling's bounds."""

from types import SimpleNamespace

import pytest

from local.cloud.ecs_scaling import bound_desired_count
from local.cloud.server import EmbeddedCloud
from tests.local.cloud.clouds import client


@pytest.mark.parametrize(("desired", "bounded"), [(1, 2), (2, 2), (7, 7), (11, 10), (0, 0)])
def test_the_desired_count_stays_within_the_scalable_target(cloud: EmbeddedCloud, desired: int, bounded: int) -> None:
    client(cloud, "ecs").create_cluster(clusterName="c")
    definition = [{"name": "web", "image": "image", "memory": 64}]
    client(cloud, "ecs").register_task_definition(family="web", containerDefinitions=definition)
    client(cloud, "ecs").create_service(cluster="c", serviceName="web", taskDefinition="web", desiredCount=desired)
    client(cloud, "application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId="service/c/web",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=2,
        MaxCapacity=10,
    )
    service = cloud.context.backend("ecs").services["c:web"]
    assert bound_desired_count(cloud.context.backend("application-autoscaling"), service) is (desired != bounded)
    assert service.desired_count == bounded


def test_a_service_without_a_scalable_target_is_left_alone(cloud: EmbeddedCloud) -> None:
    service = SimpleNamespace(cluster_name="c", name="other", desired_count=40)
    assert not bound_desired_count(cloud.context.backend("application-autoscaling"), service)
