"""Fargate's sizes and network mode."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_cloud.cloud import EmbeddedCloud
from support.clouds import client


def register(cloud: EmbeddedCloud, **more: Any) -> None:
    wanted: dict[str, Any] = {"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", **more}
    containers = [{"name": "web", "image": "web", "memory": 128}]
    client(cloud, "ecs").register_task_definition(family="web", containerDefinitions=containers, **wanted)


@pytest.mark.parametrize(("cpu", "memory"), [("256", "512"), ("1 vCPU", "8 GB"), ("16384", "122880"), ("4096", "8192")])
def test_a_size_that_fargate_sells_is_taken(running_api: EmbeddedCloud, cpu: str, memory: str) -> None:
    register(running_api, cpu=cpu, memory=memory)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"cpu": "256", "memory": "4096"}, "No Fargate configuration exists for given values: 256 CPU, 4096 memory"),
        ({"cpu": "1024", "memory": "512"}, "No Fargate configuration exists"),
        ({"cpu": "300", "memory": "512"}, "No Fargate configuration exists"),
        ({"cpu": "8192", "memory": "17408"}, "No Fargate configuration exists"),
        ({"memory": "512"}, "Fargate requires that 'cpu' be defined at the task level"),
        ({"cpu": "256", "memory": "512", "networkMode": "bridge"}, "only supports network mode 'awsvpc'"),
    ],
)
def test_another_size_or_network_mode_is_refused(
    running_api: EmbeddedCloud, more: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=message) as refused:
        register(running_api, **more)
    assert refused.value.response["Error"]["Code"] == "ClientException"


@pytest.mark.parametrize("seconds", [120, 121])
def test_a_container_has_two_minutes_to_stop(running_api: EmbeddedCloud, seconds: int) -> None:
    container = {"name": "web", "image": "web", "memory": 128, "stopTimeout": seconds}
    wanted: dict[str, Any] = {"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256"}
    register = client(running_api, "ecs").register_task_definition
    if seconds > 120:
        with pytest.raises(ClientError, match="stopTimeout of up to 120 seconds"):
            register(family="web", containerDefinitions=[container], memory="512", **wanted)
    else:
        register(family="web", containerDefinitions=[container], memory="512", **wanted)
