"""What moto drops or invents, and this cloud puts right."""

import dataclasses

from local.cloud.config import CloudConfig
from local.cloud.server import EmbeddedCloud
from tests.local.cloud.clouds import client


def test_repositories_move_with_the_port(config: CloudConfig) -> None:
    first = EmbeddedCloud(config, agents=False)
    first.start()
    client(first, "ecr").create_repository(repositoryName="web")
    first.stop()
    second = EmbeddedCloud(dataclasses.replace(config, registry_port=5999), agents=False)
    second.start()
    try:
        (found,) = client(second, "ecr").describe_repositories()["repositories"]
    finally:
        second.stop()
    assert found["repositoryUri"] == "localhost:5999/web"
