"""Embedded clouds for tests: each with a name, a folder and ports of its own, and nothing left afterwards."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.cloud.cleanup import remove_all
from local.cloud.config import CloudConfig
from local.cloud.server import AgentFactory, EmbeddedCloud
from tests.local.cloud.clouds import Start, free_port


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
