"""Fixtures that start embedded clouds."""

import functools
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest
from hypothesis import settings

from embedded_cloud.cloud import AgentFactory, EmbeddedCloud
from embedded_cloud.config import CloudConfig
from embedded_cloud.containers.cleanup import remove_all
from support.clouds import Start, unique_config

# A busy machine is slow; that is no fault of the code. Every run draws other examples.
settings.register_profile("short-without-deadline", deadline=None, max_examples=50)
settings.load_profile("short-without-deadline")


@pytest.fixture(scope="session", autouse=True)
def _one_loader() -> Iterator[None]:
    """Read each description of an AWS service once: botocore reads them anew for every session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", functools.cache(botocore.session.create_loader))
        yield


@pytest.fixture
def config(tmp_path: Path) -> CloudConfig:
    """A configuration that shares nothing with other clouds on this machine."""
    return unique_config(tmp_path)


@pytest.fixture
def start(config: CloudConfig) -> Iterator[Start]:
    """Starts clouds of `config`, one after the other, with the agents given."""
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
    return start()
