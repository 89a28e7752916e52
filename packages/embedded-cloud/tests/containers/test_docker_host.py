"""Docker objects of one cloud, and their removal."""

import dataclasses
import logging
import uuid
from collections.abc import Iterator
from ipaddress import ip_address, ip_network

import pytest

from embedded_cloud.config import LABEL, CloudConfig
from embedded_cloud.containers.cleanup import remove_all, remove_images
from embedded_cloud.containers.docker_host import DockerHost, DockerUnavailableError, put_files

pytestmark = pytest.mark.containers


@pytest.fixture
def host(config: CloudConfig) -> Iterator[DockerHost]:
    yield DockerHost(config)
    remove_all(config.name)


def test_the_network_has_the_range_of_the_vpc_and_its_first_address(config: CloudConfig) -> None:
    host = DockerHost(dataclasses.replace(config, vpc_cidr="10.213.0.0/16"))
    try:
        assert host.network().attrs["IPAM"]["Config"][0]["Subnet"] == "10.213.0.0/16"
        assert (host.gateway, host.address_range) == ("10.213.0.1", "10.213.0.0/16")
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
            assert ip_address(second.gateway) in ip_network(second.address_range)
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


@pytest.fixture
def stranger(config: CloudConfig) -> Iterator[str]:
    """A volume of another cloud with a name that starts the same."""
    name = f"{config.name}-other-{uuid.uuid4().hex[:6]}"
    client = DockerHost(config).client
    client.volumes.create(name, labels={LABEL: f"{config.name}-other"})
    yield name
    client.volumes.get(name).remove()


def objects_of(host: DockerHost, name: str) -> list[object]:
    own = {"label": f"{LABEL}={name}"}
    client = host.client
    return [
        *client.containers.list(all=True, filters=own),
        *client.volumes.list(filters=own),
        *client.networks.list(filters=own),
    ]


def test_containers_volumes_and_network_of_the_cloud_are_removed(host: DockerHost, config: CloudConfig) -> None:
    volume = host.volume("data", "test")
    host.run("one", config.images["pause"], "test", command=["sleep", "60"], volumes={volume: {"bind": "/data"}})
    host.create("two", config.images["pause"], "test", command=["sleep", "60"])
    remove_all(config.name)
    assert objects_of(host, config.name) == []


def test_what_belongs_to_another_cloud_stays(host: DockerHost, config: CloudConfig, stranger: str) -> None:
    remove_all(config.name)
    assert host.client.volumes.get(stranger).name == stranger


def test_images_of_this_registry_are_removed_and_those_of_another_stay(host: DockerHost, config: CloudConfig) -> None:
    pause = host.client.images.get(config.images["pause"])
    own, other = (f"localhost:{config.registry_port + extra}/{config.name}" for extra in (0, 1))
    for name in (own, other):
        pause.tag(name, "one")
    remove_images(config.registry_port)
    left = host.client.images.get(config.images["pause"]).tags
    host.client.images.remove(f"{other}:one")
    assert (f"{own}:one" in left, f"{other}:one" in left) == (False, True)


def test_removing_twice_is_no_error(host: DockerHost, config: CloudConfig) -> None:
    host.volume("data", "test")
    remove_all(config.name)
    remove_all(config.name)


def test_an_unreachable_docker_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    with pytest.raises(DockerUnavailableError, match="Start its engine"):
        remove_all("anything")
