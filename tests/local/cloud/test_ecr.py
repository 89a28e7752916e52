"""ECR: what Docker pushes is what ECR lists, and what ECR deletes is gone."""

import contextlib
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from typing import Any

import pytest
from docker.errors import ImageNotFound, NotFound
from docker.models.images import Image

from local.cloud.cleanup import remove_all
from local.cloud.config import CloudConfig
from local.cloud.containers import connect
from local.cloud.ecr import EcrAgent
from local.cloud.ecs_images import PullError, ensure
from local.cloud.server import EmbeddedCloud
from local.provider.docker.push import PushError, push_image
from tests.local.cloud.clouds import client, free_port
from tests.waiting import wait_until

pytestmark = pytest.mark.containers

NAME = "team/web"
OTHER, LARGE = os.urandom(100), os.urandom(48 << 20)
BUILT = "preqly-test-ecr"
CONTENT = os.urandom(2 << 20)
"""Large enough to be found on the registry's disk."""


@pytest.fixture(scope="module")
def cloud_with_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCloud]:
    config = CloudConfig(
        name=f"test-ecr-{free_port()}", state_dir=tmp_path_factory.mktemp("ecr"), api_port=0, registry_port=free_port()
    )
    cloud = EmbeddedCloud(config, agents=[EcrAgent])
    cloud.start()
    try:
        wait_until(lambda: [c.status for c in cloud.context.docker.containers("registry")] == ["running"])
        yield cloud
    finally:
        cloud.stop()
        remove_all(config.name)
        for content in (CONTENT, OTHER, LARGE):
            with contextlib.suppress(ImageNotFound):
                connect().images.remove(f"{BUILT}:{hashlib.sha256(content).hexdigest()}")


@pytest.fixture
def repository(cloud_with_registry: EmbeddedCloud) -> Iterator[str]:
    """URI of a repository that is there for one test."""
    ecr = client(cloud_with_registry, "ecr")
    created = ecr.create_repository(repositoryName=NAME, imageTagMutability="IMMUTABLE")
    yield str(created["repository"]["repositoryUri"])
    with contextlib.suppress(ecr.exceptions.RepositoryNotFoundException):
        ecr.delete_repository(repositoryName=NAME, force=True)
    wait_until(lambda: not cloud_with_registry.context.backend("ecr").deleted_repositories)


def built(cloud: EmbeddedCloud, content: bytes) -> Image:
    """An image of one file; made once, for each import is another image."""
    client, tag = cloud.context.docker.client, hashlib.sha256(content).hexdigest()
    with contextlib.suppress(ImageNotFound):
        return client.images.get(f"{BUILT}:{tag}")
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("content")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    client.api.import_image_from_data(buffer.getvalue(), repository=BUILT, tag=tag)
    return client.images.get(f"{BUILT}:{tag}")


def push(cloud: EmbeddedCloud, uri: str, tag: str, content: bytes = CONTENT) -> str:
    """Push an image under this tag; its digest."""
    images = cloud.context.docker.client.images
    built(cloud, content).tag(uri, tag)
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
    (image,) = wait_until(lambda: [i for i in listed(cloud_with_registry) if sorted(i["imageTags"]) == ["one", "two"]])
    assert image["imageDigest"] == digest


def test_a_deleted_image_can_no_longer_be_pulled_and_can_be_pushed_again(
    cloud_with_registry: EmbeddedCloud, repository: str
) -> None:
    digest = push(cloud_with_registry, repository, "one")
    wait_until(lambda: listed(cloud_with_registry))
    client(cloud_with_registry, "ecr").batch_delete_image(repositoryName=NAME, imageIds=[{"imageDigest": digest}])
    wait_until(lambda: not can_pull(cloud_with_registry, f"{repository}:one"))
    assert listed(cloud_with_registry) == []
    push(cloud_with_registry, repository, "one")
    wait_until(lambda: listed(cloud_with_registry))


def test_an_image_that_ecr_deleted_cannot_be_started_though_docker_has_a_copy(
    cloud_with_registry: EmbeddedCloud, repository: str
) -> None:
    digest = push(cloud_with_registry, repository, "one")
    wait_until(lambda: listed(cloud_with_registry))
    docker, host = cloud_with_registry.context.docker, repository.partition("/")[0]
    assert ensure(docker, f"{repository}@{digest}", host) == {}
    client(cloud_with_registry, "ecr").batch_delete_image(repositoryName=NAME, imageIds=[{"imageDigest": digest}])
    wait_until(lambda: not can_pull(cloud_with_registry, f"{repository}@{digest}"))
    with pytest.raises(PullError) as failure:
        ensure(docker, f"{repository}@{digest}", host)
    assert str(failure.value) == (
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): "
        f"failed to resolve ref {repository}@{digest}: not found"
    )


def test_a_tag_that_was_deleted_does_not_come_back_with_its_image(
    cloud_with_registry: EmbeddedCloud, repository: str
) -> None:
    push(cloud_with_registry, repository, "kept")
    push(cloud_with_registry, repository, "gone")
    wait_until(lambda: len(listed(cloud_with_registry)[0]["imageTags"]) == 2 if listed(cloud_with_registry) else False)
    client(cloud_with_registry, "ecr").batch_delete_image(repositoryName=NAME, imageIds=[{"imageTag": "gone"}])
    # Another push shows that the agent has looked at the registry since.
    push(cloud_with_registry, repository, "later")
    wait_until(lambda: "later" in listed(cloud_with_registry)[0]["imageTags"])
    assert sorted(listed(cloud_with_registry)[0]["imageTags"]) == ["kept", "later"]
    assert can_pull(cloud_with_registry, f"{repository}:kept")


def test_a_tag_given_by_the_api_can_be_pulled_and_a_deleted_one_cannot(
    cloud_with_registry: EmbeddedCloud, repository: str
) -> None:
    ecr, digest = client(cloud_with_registry, "ecr"), push(cloud_with_registry, repository, "built")
    wait_until(lambda: listed(cloud_with_registry))
    (image,) = ecr.batch_get_image(repositoryName=NAME, imageIds=[{"imageDigest": digest}])["images"]
    ecr.put_image(
        repositoryName=NAME,
        imageManifest=image["imageManifest"],
        imageManifestMediaType=image["imageManifestMediaType"],
        imageTag="release-1",
        imageDigest=digest,
    )
    wait_until(lambda: can_pull(cloud_with_registry, f"{repository}:release-1"))
    ecr.batch_delete_image(repositoryName=NAME, imageIds=[{"imageTag": "built"}])
    wait_until(lambda: not can_pull(cloud_with_registry, f"{repository}:built"))
    assert can_pull(cloud_with_registry, f"{repository}:release-1")
    assert listed(cloud_with_registry)[0]["imageTags"] == ["release-1"]


def test_what_a_lifecycle_policy_expires_is_gone_from_the_registry(
    cloud_with_registry: EmbeddedCloud, repository: str
) -> None:
    ecr = client(cloud_with_registry, "ecr")
    push(cloud_with_registry, repository, "v1")
    push(cloud_with_registry, repository, "v2", OTHER)
    wait_until(lambda: len(listed(cloud_with_registry)) == 2)
    selection = {"tagStatus": "tagged", "tagPatternList": ["v*"], "countType": "imageCountMoreThan", "countNumber": 1}
    rule = {"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}
    ecr.put_lifecycle_policy(repositoryName=NAME, lifecyclePolicyText=json.dumps({"rules": [rule]}))
    wait_until(lambda: len(listed(cloud_with_registry)) == 1)
    (left,) = listed(cloud_with_registry)[0]["imageTags"]
    (gone,) = {"v1", "v2"} - {left}
    wait_until(lambda: not can_pull(cloud_with_registry, f"{repository}:{gone}"))
    assert can_pull(cloud_with_registry, f"{repository}:{left}")


def test_a_new_repository_of_an_old_name_starts_empty(cloud_with_registry: EmbeddedCloud, repository: str) -> None:
    push(cloud_with_registry, repository, "one")
    wait_until(lambda: listed(cloud_with_registry))
    ecr = client(cloud_with_registry, "ecr")
    ecr.delete_repository(repositoryName=NAME, force=True)
    ecr.create_repository(repositoryName=NAME)
    wait_until(lambda: not can_pull(cloud_with_registry, f"{repository}:one"))
    assert listed(cloud_with_registry) == []


def test_deleting_the_last_repository_frees_its_layers(cloud_with_registry: EmbeddedCloud, repository: str) -> None:
    push(cloud_with_registry, repository, "one")
    (registry,) = cloud_with_registry.context.docker.containers("registry")
    client(cloud_with_registry, "ecr").delete_repository(repositoryName=NAME, force=True)
    wait_until(lambda: not registry.exec_run(["find", "/var/lib/registry", "-name", "data", "-size", "+1M"])[1].strip())


def test_the_registry_listens_on_this_machine_only(cloud_with_registry: EmbeddedCloud) -> None:
    (registry,) = cloud_with_registry.context.docker.containers("registry")
    registry.reload()
    (binding,) = registry.attrs["HostConfig"]["PortBindings"]["5000/tcp"]
    assert binding["HostIp"] == "127.0.0.1"


def test_a_push_that_the_registry_cuts_off_comes_right_when_it_is_repeated(
    cloud_with_registry: EmbeddedCloud, repository: str
) -> None:
    docker = cloud_with_registry.context.docker
    (registry,) = docker.containers("registry")
    built(cloud_with_registry, LARGE).tag(repository, "large")

    def kill_once(line: str) -> None:
        if line.endswith("Pushing") and not killed:
            killed.append(line)
            registry.kill()

    killed: list[str] = []
    with contextlib.suppress(PushError):
        push_image(docker.client, f"{repository}:large", None, kill_once)
    wait_until(lambda: [c.status for c in docker.containers("registry")] == ["running"], 60)
    digest = push_image(docker.client, f"{repository}:large", None, lambda _: None)
    docker.client.images.remove(f"{repository}:large")
    assert killed
    assert can_pull(cloud_with_registry, f"{repository}@{digest}")
    wait_until(lambda: [image["imageDigest"] for image in listed(cloud_with_registry)] == [digest])


def test_a_registry_that_was_stopped_is_started_again(cloud_with_registry: EmbeddedCloud) -> None:
    (registry,) = cloud_with_registry.context.docker.containers("registry")
    registry.kill()
    wait_until(lambda: cloud_with_registry.context.docker.containers("registry")[0].status == "running")
