"""ECR: what Docker pushes is what ECR lists, and what ECR deletes is gone."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from docker.errors import ImageNotFound, NotFound

from local.cloud.cleanup import remove_all
from local.cloud.config import CloudConfig
from local.cloud.ecr import EcrAgent
from local.cloud.server import EmbeddedCloud
from tests.local.cloud.clouds import client, eventually, free_port

pytestmark = pytest.mark.containers

NAME = "team/web"


@pytest.fixture(scope="module")
def cloud_with_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCloud]:
    config = CloudConfig(
        name=f"test-ecr-{free_port()}", state_dir=tmp_path_factory.mktemp("ecr"), api_port=0, registry_port=free_port()
    )
    cloud = EmbeddedCloud(config, agents=[EcrAgent])
    cloud.start()
    try:
        eventually(lambda: [c.status for c in cloud.context.docker.containers("registry")] == ["running"])
        yield cloud
    finally:
        cloud.stop()
        remove_all(config.name)


@pytest.fixture
def repository(cloud_with_registry: EmbeddedCloud) -> Iterator[str]:
    """URI of a repository that is there for one test."""
    ecr = client(cloud_with_registry, "ecr")
    created = ecr.create_repository(repositoryName=NAME, imageTagMutability="IMMUTABLE")
    yield str(created["repository"]["repositoryUri"])
    with contextlib.suppress(ecr.exceptions.RepositoryNotFoundException):
        ecr.delete_repository(repositoryName=NAME, force=True)
    eventually(lambda: not cloud_with_registry.context.backend("ecr").deleted_repositories)


def push(cloud: EmbeddedCloud, uri: str, tag: str) -> str:
    """Push an image under this tag; its digest."""
    images = cloud.context.docker.client.images
    image = images.get(cloud.config.images["registry"])
    image.tag(uri, tag)
    try:
        events = list(images.push(uri, tag, stream=True, decode=True))
    finally:
        images.remove(f"{uri}:{tag}")
    assert not [event for event in events if "error" in event], events
    return str(next(event["aux"]["Digest"] for event in events if "aux" in event))


def listed(cloud: EmbeddedCloud) -> list[dict[str, Any]]:
    return list(client(cloud, "ecr").describe_images(repositoryName=NAME)["imageDetails"])


def can_pull(cloud: EmbeddedCloud, reference: str) -> bool:
    try:
        cloud.context.docker.client.images.get_registry_data(reference)
    except (NotFound, ImageNotFound):
        return False
    return True


def test_repositories_are_in_the_registry_of_this_machine(cloud_with_registry: EmbeddedCloud, repository: str) -> None:
    host = f"localhost:{cloud_with_registry.config.registry_port}"
    assert repository == f"{host}/{NAME}"
    (data,) = client(cloud_with_registry, "ecr").get_authorization_token()["authorizationData"]
    assert data["proxyEndpoint"] == f"http://{host}"


def test_a_pushed_image_is_listed_with_its_tags_and_the_digest_docker_got(
    cloud_with_registry: EmbeddedCloud, repository: str
) -> None:
    digest = push(cloud_with_registry, repository, "one")
    assert push(cloud_with_registry, repository, "two") == digest
    (image,) = eventually(lambda: [i for i in listed(cloud_with_registry) if sorted(i["imageTags"]) == ["one", "two"]])
    assert image["imageDigest"] == digest


def test_a_deleted_image_can_no_longer_be_pulled_and_can_be_pushed_again(
    cloud_with_registry: EmbeddedCloud, repository: str
) -> None:
    digest = push(cloud_with_registry, repository, "one")
    eventually(lambda: listed(cloud_with_registry))
    client(cloud_with_registry, "ecr").batch_delete_image(repositoryName=NAME, imageIds=[{"imageDigest": digest}])
    eventually(lambda: not can_pull(cloud_with_registry, f"{repository}:one"))
    assert listed(cloud_with_registry) == []
    push(cloud_with_registry, repository, "one")
    eventually(lambda: listed(cloud_with_registry))


def test_a_tag_that_was_deleted_does_not_come_back_with_its_image(
    cloud_with_registry: EmbeddedCloud, repository: str
) -> None:
    push(cloud_with_registry, repository, "kept")
    push(cloud_with_registry, repository, "gone")
    eventually(lambda: len(listed(cloud_with_registry)[0]["imageTags"]) == 2 if listed(cloud_with_registry) else False)
    client(cloud_with_registry, "ecr").batch_delete_image(repositoryName=NAME, imageIds=[{"imageTag": "gone"}])
    # Another push shows that the agent has looked at the registry since.
    push(cloud_with_registry, repository, "later")
    eventually(lambda: "later" in listed(cloud_with_registry)[0]["imageTags"])
    assert sorted(listed(cloud_with_registry)[0]["imageTags"]) == ["kept", "later"]
    assert can_pull(cloud_with_registry, f"{repository}:kept")


def test_a_new_repository_of_an_old_name_starts_empty(cloud_with_registry: EmbeddedCloud, repository: str) -> None:
    push(cloud_with_registry, repository, "one")
    eventually(lambda: listed(cloud_with_registry))
    ecr = client(cloud_with_registry, "ecr")
    ecr.delete_repository(repositoryName=NAME, force=True)
    ecr.create_repository(repositoryName=NAME)
    eventually(lambda: not can_pull(cloud_with_registry, f"{repository}:one"))
    assert listed(cloud_with_registry) == []


def test_deleting_the_last_repository_frees_its_layers(cloud_with_registry: EmbeddedCloud, repository: str) -> None:
    push(cloud_with_registry, repository, "one")
    (registry,) = cloud_with_registry.context.docker.containers("registry")
    client(cloud_with_registry, "ecr").delete_repository(repositoryName=NAME, force=True)
    eventually(lambda: not registry.exec_run(["find", "/var/lib/registry", "-name", "data", "-size", "+1M"])[1].strip())


def test_the_registry_listens_on_this_machine_only(cloud_with_registry: EmbeddedCloud) -> None:
    (registry,) = cloud_with_registry.context.docker.containers("registry")
    registry.reload()
    (binding,) = registry.attrs["HostConfig"]["PortBindings"]["5000/tcp"]
    assert binding["HostIp"] == "127.0.0.1"


def test_a_registry_that_was_stopped_is_started_again(cloud_with_registry: EmbeddedCloud) -> None:
    (registry,) = cloud_with_registry.context.docker.containers("registry")
    registry.kill()
    eventually(lambda: cloud_with_registry.context.docker.containers("registry")[0].status == "running")
