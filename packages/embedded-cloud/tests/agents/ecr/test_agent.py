"""ECR lists what Docker pushes, and Docker cannot pull what ECR deleted."""

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

from embedded_cloud.agents.ecr.agent import EcrAgent
from embedded_cloud.agents.ecs.tasks.images import PullError, ensure
from embedded_cloud.cloud import EmbeddedCloud
from embedded_cloud.containers.docker_host import connect
from embedded_cloud.providers.docker.push import PushError, push_image
from embedded_cloud.testing.polling import wait_until
from support.clouds import client, running_cloud

pytestmark = pytest.mark.containers

NAME = "team/web"
OTHER, LARGE = os.urandom(100), os.urandom(48 << 20)
BUILT = "example-test-ecr"
CONTENT = os.urandom(2 << 20)
"""Large enough to be found by size on the registry's disk."""


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCloud]:
    with running_cloud(tmp_path_factory.mktemp("ecr"), EcrAgent) as cloud:
        wait_until(lambda: [c.status for c in cloud.context.docker.containers("registry")] == ["running"])
        yield cloud
    for content in (CONTENT, OTHER, LARGE):
        with contextlib.suppress(ImageNotFound):
            connect().images.remove(f"{BUILT}:{hashlib.sha256(content).hexdigest()}")


@pytest.fixture
def repository(cloud: EmbeddedCloud) -> Iterator[str]:
    """URI of a repository for one test."""
    ecr = client(cloud, "ecr")
    created = ecr.create_repository(repositoryName=NAME, imageTagMutability="IMMUTABLE")
    yield str(created["repository"]["repositoryUri"])
    with contextlib.suppress(ecr.exceptions.RepositoryNotFoundException):
        ecr.delete_repository(repositoryName=NAME, force=True)
    wait_until(lambda: not cloud.context.backend("ecr").deleted_repositories)


def built(cloud: EmbeddedCloud, content: bytes) -> Image:
    """Return an image of one file. Imported once, because every import gives another image."""
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


def test_repositories_are_in_the_registry_of_this_machine(cloud: EmbeddedCloud, repository: str) -> None:
    host = f"localhost:{cloud.config.registry_port}"
    assert repository == f"{host}/{NAME}"
    (data,) = client(cloud, "ecr").get_authorization_token()["authorizationData"]
    assert data["proxyEndpoint"] == f"http://{host}"


def test_a_pushed_image_is_listed_with_its_tags_and_the_digest_docker_got(
    cloud: EmbeddedCloud, repository: str
) -> None:
    digest = push(cloud, repository, "one")
    assert push(cloud, repository, "two") == digest
    (image,) = wait_until(lambda: [i for i in listed(cloud) if sorted(i["imageTags"]) == ["one", "two"]])
    assert image["imageDigest"] == digest


def test_a_deleted_image_can_no_longer_be_pulled_and_can_be_pushed_again(cloud: EmbeddedCloud, repository: str) -> None:
    digest = push(cloud, repository, "one")
    wait_until(lambda: listed(cloud))
    client(cloud, "ecr").batch_delete_image(repositoryName=NAME, imageIds=[{"imageDigest": digest}])
    wait_until(lambda: not can_pull(cloud, f"{repository}:one"))
    assert listed(cloud) == []
    push(cloud, repository, "one")
    wait_until(lambda: listed(cloud))


def test_an_image_that_ecr_deleted_cannot_be_started_from_dockers_copy(cloud: EmbeddedCloud, repository: str) -> None:
    digest = push(cloud, repository, "one")
    wait_until(lambda: listed(cloud))
    docker, host = cloud.context.docker, repository.partition("/")[0]
    assert ensure(docker, f"{repository}@{digest}", host) == {}
    client(cloud, "ecr").batch_delete_image(repositoryName=NAME, imageIds=[{"imageDigest": digest}])
    wait_until(lambda: not can_pull(cloud, f"{repository}@{digest}"))
    with pytest.raises(PullError) as failure:
        ensure(docker, f"{repository}@{digest}", host)
    assert str(failure.value) == (
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): "
        f"failed to resolve ref {repository}@{digest}: not found"
    )


def test_a_tag_that_was_deleted_does_not_come_back_with_its_image(cloud: EmbeddedCloud, repository: str) -> None:
    push(cloud, repository, "kept")
    push(cloud, repository, "deleted")
    wait_until(lambda: len(listed(cloud)[0]["imageTags"]) == 2 if listed(cloud) else False)
    client(cloud, "ecr").batch_delete_image(repositoryName=NAME, imageIds=[{"imageTag": "deleted"}])
    # The agent lists this push only after it has processed the deletion.
    push(cloud, repository, "later")
    wait_until(lambda: "later" in listed(cloud)[0]["imageTags"])
    assert sorted(listed(cloud)[0]["imageTags"]) == ["kept", "later"]
    assert can_pull(cloud, f"{repository}:kept")


def test_a_tag_given_by_the_api_can_be_pulled_and_a_deleted_one_cannot(cloud: EmbeddedCloud, repository: str) -> None:
    ecr, digest = client(cloud, "ecr"), push(cloud, repository, "built")
    wait_until(lambda: listed(cloud))
    (image,) = ecr.batch_get_image(repositoryName=NAME, imageIds=[{"imageDigest": digest}])["images"]
    ecr.put_image(
        repositoryName=NAME,
        imageManifest=image["imageManifest"],
        imageManifestMediaType=image["imageManifestMediaType"],
        imageTag="release-1",
        imageDigest=digest,
    )
    wait_until(lambda: can_pull(cloud, f"{repository}:release-1"))
    ecr.batch_delete_image(repositoryName=NAME, imageIds=[{"imageTag": "built"}])
    wait_until(lambda: not can_pull(cloud, f"{repository}:built"))
    assert can_pull(cloud, f"{repository}:release-1")
    assert listed(cloud)[0]["imageTags"] == ["release-1"]


def test_images_that_a_lifecycle_policy_expires_cannot_be_pulled(cloud: EmbeddedCloud, repository: str) -> None:
    ecr = client(cloud, "ecr")
    push(cloud, repository, "v1")
    push(cloud, repository, "v2", OTHER)
    wait_until(lambda: len(listed(cloud)) == 2)
    selection = {"tagStatus": "tagged", "tagPatternList": ["v*"], "countType": "imageCountMoreThan", "countNumber": 1}
    rule = {"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}
    ecr.put_lifecycle_policy(repositoryName=NAME, lifecyclePolicyText=json.dumps({"rules": [rule]}))
    wait_until(lambda: len(listed(cloud)) == 1)
    (left,) = listed(cloud)[0]["imageTags"]
    (removed,) = {"v1", "v2"} - {left}
    wait_until(lambda: not can_pull(cloud, f"{repository}:{removed}"))
    assert can_pull(cloud, f"{repository}:{left}")


def test_a_new_repository_of_an_old_name_starts_empty(cloud: EmbeddedCloud, repository: str) -> None:
    push(cloud, repository, "one")
    wait_until(lambda: listed(cloud))
    ecr = client(cloud, "ecr")
    ecr.delete_repository(repositoryName=NAME, force=True)
    ecr.create_repository(repositoryName=NAME)
    wait_until(lambda: not can_pull(cloud, f"{repository}:one"))
    assert listed(cloud) == []


def test_deleting_the_last_repository_removes_its_layers(cloud: EmbeddedCloud, repository: str) -> None:
    push(cloud, repository, "one")
    (registry,) = cloud.context.docker.containers("registry")
    client(cloud, "ecr").delete_repository(repositoryName=NAME, force=True)
    wait_until(lambda: not registry.exec_run(["find", "/var/lib/registry", "-name", "data", "-size", "+1M"])[1].strip())


def test_the_registry_listens_on_this_machine_only(cloud: EmbeddedCloud) -> None:
    (registry,) = cloud.context.docker.containers("registry")
    registry.reload()
    (binding,) = registry.attrs["HostConfig"]["PortBindings"]["5000/tcp"]
    assert binding["HostIp"] == "127.0.0.1"


def test_an_interrupted_push_succeeds_when_it_is_repeated(cloud: EmbeddedCloud, repository: str) -> None:
    docker = cloud.context.docker
    (registry,) = docker.containers("registry")
    built(cloud, LARGE).tag(repository, "large")

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
    assert can_pull(cloud, f"{repository}@{digest}")
    wait_until(lambda: [image["imageDigest"] for image in listed(cloud)] == [digest])


def test_a_registry_that_was_stopped_is_started_again(cloud: EmbeddedCloud) -> None:
    (registry,) = cloud.context.docker.containers("registry")
    registry.kill()
    wait_until(lambda: cloud.context.docker.containers("registry")[0].status == "running")
