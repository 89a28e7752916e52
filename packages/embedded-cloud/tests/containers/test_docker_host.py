"""Docker objects of one cloud."""

import dataclasses
import logging
from collections.abc import Iterator

import pytest

from embedded_cloud.config import CloudConfig
from embedded_cloud.containers.cleanup import remove_all
from embedded_cloud.containers.docker_host import DockerHost, put_files

pytestmark = pytest.mark.containers


@pytest.fixture
def host(config: CloudConfig) -> Iterator[DockerHost]:
    yield DockerHost(config)
    remove_all(config.name)


def test_the_network_has_the_range_of_the_vpc_and_its_first_address(config: CloudConfig) -> None:
    host = DockerHost(dataclasses.replace(config, vpc_cidr="10.213.0.0/16"))
    try:
        assert host.network().attrs["IPAM"]["Config"][0]["Subnet"] == "10.213.0.0/16"
        assert host.gateway == "10.213.0.1"
    finally:
        remove_all(config.name)


def test_a_range_that_docker_refuses_is_logged_and_replaced(
    config: CloudConfig, host: DockerHost, caplog: pytest.LogCaptureFixture
) -> None:
    taken = DockerHost(dataclasses.replace(config, name=f"{config.name}-first", vpc_cidr="10.213.0.0/16"))
    taken.network()
    second = DockerHost(dataclasses.replace(config, vpc_cidr="10.213.0.0/16"))
    try:
        with caplog.at_level(logging.WARNING, "embedded_cloud"):
            assert second.gateway != "10.213.0.1"
        assert "10.213.0.0/16" in caplog.text
    finally:
        remove_all(f"{config.name}-first")


def test_containers_are_listed_with_name_labels_and_status(host: DockerHost, config: CloudConfig) -> None:
    host.run("one", config.images["pause"], "test", labels={"example.extra": "x"}, command=["sleep", "60"])
    (found,) = host.containers("test")
    assert (found.name, found.labels["example.extra"], found.status) == (f"{config.name}-one", "x", "running")
    assert host.containers("other") == []
    assert host.containers(labels={"example.extra": "y"}) == []


def test_a_container_of_the_same_name_is_replaced(host: DockerHost, config: CloudConfig) -> None:
    first = host.create("one", config.images["pause"], "test", command=["sleep", "60"])
    second = host.create("one", config.images["pause"], "test", command=["sleep", "60"])
    assert [container.id for container in host.containers("test")] == [second.id]
    assert first.id != second.id


def test_files_do_not_appear_in_inspect(host: DockerHost, config: CloudConfig) -> None:
    container = host.create("one", config.images["pause"], "test", command=["cat", "/embedded-cloud/secret"])
    put_files(container, "/embedded-cloud", {"secret": ("a password", 0o600)})
    container.start()
    container.wait(timeout=20)
    assert container.logs() == b"a password"
    container.reload()
    assert "a password" not in str(container.attrs)
