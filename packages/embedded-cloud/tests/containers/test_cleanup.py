"""A cloud's objects are removed from Docker, and no others."""

import uuid
from collections.abc import Iterator

import pytest

from embedded_cloud.config import LABEL, CloudConfig
from embedded_cloud.containers.cleanup import remove_all, remove_images
from embedded_cloud.containers.docker_host import DockerHost, DockerUnavailableError

pytestmark = pytest.mark.containers


@pytest.fixture
def host(config: CloudConfig) -> Iterator[DockerHost]:
    yield DockerHost(config)
    remove_all(config.name)


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
