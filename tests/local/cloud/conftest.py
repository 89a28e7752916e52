"""Embedded clouds for tests: each with a name, a folder and ports of its own, and nothing left afterwards."""

import socket
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.cloud.cleanup import remove_all
from local.cloud.config import CloudConfig
from local.cloud.server import AgentFactory, EmbeddedCloud

Start = Callable[..., EmbeddedCloud]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def client(cloud: EmbeddedCloud, service: str) -> Any:
    """A boto3 client of the cloud, as any tool would make it."""
    session = boto3.Session("test", "test", region_name="us-east-1")
    return session.client(service, endpoint_url=cloud.endpoint)  # type: ignore[call-overload]


def eventually(check: Callable[[], Any], seconds: float = 30.0) -> Any:
    """The first true value of `check`; fails when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (value := check()):
        assert time.monotonic() < deadline, f"still not so after {seconds} s"
        time.sleep(0.1)
    return value


@pytest.fixture
def config(tmp_path: Path) -> CloudConfig:
    """A cloud that no other test can meet."""
    return CloudConfig(
        name=f"test-{uuid.uuid4().hex[:8]}",
        state_dir=tmp_path / "state",
        api_port=free_port(),
        http_port=free_port(),
        https_port=free_port(),
        registry_port=free_port(),
    )


@pytest.fixture
def start(config: CloudConfig) -> Iterator[Start]:
    """Starts clouds of `config`, one after the other; without agents unless some are named."""
    started: list[EmbeddedCloud] = []

    def start_cloud(*agents: AgentFactory) -> EmbeddedCloud:
        cloud = EmbeddedCloud(config, agents=agents or False)
        cloud.start()
        started.append(cloud)
        return cloud

    yield start_cloud
    for cloud in started:
        cloud.stop()
    if any(cloud.context.container_endpoint for cloud in started):
        remove_all(config.name)


@pytest.fixture
def cloud(start: Start) -> EmbeddedCloud:
    """AWS's API alone."""
    return start()
