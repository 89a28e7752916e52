"""Embedded clouds for tests: each with a name, a folder and ports of its own, and no objects left on Docker."""

import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import boto3

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
def running_cloud(folder: Path, *agents: AgentFactory) -> Iterator[EmbeddedCloud]:
    """Run a cloud with these agents, and remove its objects from Docker afterwards."""
    cloud = EmbeddedCloud(unique_config(folder), agents=agents)
    cloud.start()
    try:
        yield cloud
    finally:
        cloud.stop()
        remove_all(cloud.config.name)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def client(cloud: EmbeddedCloud, service: str) -> Any:
    """A boto3 client of the cloud."""
    return client_at(cloud.endpoint, service)


@lru_cache(maxsize=64)
def client_at(endpoint: str, service: str) -> Any:
    """A boto3 client of the cloud at this endpoint."""
    return _session().client(service, endpoint_url=endpoint)  # type: ignore[call-overload]


@lru_cache
def _session() -> boto3.Session:
    # Shared, because each session reads megabytes of service descriptions.
    return boto3.Session("test", "test", region_name="us-east-1")
