"""Embedded clouds for tests: each with a name, a folder and ports of its own, and no objects left on Docker."""

import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from embedded_cloud.api import moto_patches
from embedded_cloud.cloud import AgentFactory, EmbeddedCloud
from embedded_cloud.config import Clocks, CloudConfig
from embedded_cloud.containers.cleanup import remove_all

FAST = Clocks(time_factor=5)
Start = Callable[..., EmbeddedCloud]


def unique_config(folder: Path, clocks: Clocks = FAST) -> CloudConfig:
    """A configuration that shares nothing with other clouds on this machine."""
    return CloudConfig(
        name=f"test-{uuid.uuid4().hex[:8]}",
        state_dir=folder / "state",
        api_port=free_port(),
        http_port=free_port(),
        https_port=free_port(),
        registry_port=free_port(),
        clocks=clocks,
        dns_zones=("example.com",),
    )


@contextmanager
def running_cloud(folder: Path, *agents: AgentFactory, clocks: Clocks = FAST) -> Iterator[EmbeddedCloud]:
    """Run a cloud with these agents, and remove its objects from Docker afterwards."""
    cloud = EmbeddedCloud(unique_config(folder, clocks), agents=agents)
    cloud.start()
    try:
        yield cloud
    finally:
        cloud.stop()
        remove_all(cloud.config.name)


def two_subnets(ec2: Any, network: str) -> tuple[str, list[str]]:
    """Create the VPC `network` (10.20) with a subnet in two zones; return their ids."""
    vpc = ec2.create_vpc(CidrBlock=f"{network}.0.0/16")["Vpc"]["VpcId"]
    made = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"{network}.{i}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"]
        for i, zone in enumerate("ab")
    ]
    return vpc, [subnet["SubnetId"] for subnet in made]


@contextmanager
def patched_for_agents() -> Iterator[None]:
    """Let moto wait for agents; none runs, the test plays them."""
    moto_patches.apply(agents=True, registry="localhost:1")
    yield
    moto_patches.apply(agents=False, registry="localhost:1")


def error_code(work: Callable[..., object], *arguments: Any, **named: Any) -> str:
    """Call what AWS refuses and return the error's code."""
    with pytest.raises(ClientError) as failure:
        work(*arguments, **named)
    return str(failure.value.response["Error"]["Code"])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def client(cloud: EmbeddedCloud, service: str) -> Any:
    return client_at(cloud.endpoint, service)


@lru_cache(maxsize=64)
def client_at(endpoint: str, service: str) -> Any:
    return _session().client(service, endpoint_url=endpoint)  # type: ignore[call-overload]


@lru_cache(maxsize=64)
def unchecked_client_at(endpoint: str, service: str) -> Any:
    """A client that sends what it is given, and sends it once."""
    plain = Config(parameter_validation=False, retries={"total_max_attempts": 1})
    return _session().client(service, endpoint_url=endpoint, config=plain)  # type: ignore[call-overload]


@lru_cache(maxsize=64)
def service_model(service: str) -> Any:
    """botocore's model of a service."""
    return _session()._session.get_service_model(service)


@lru_cache
def _session() -> boto3.Session:
    # Shared, because each session reads megabytes of service descriptions.
    return boto3.Session("test", "test", region_name="us-east-1")
