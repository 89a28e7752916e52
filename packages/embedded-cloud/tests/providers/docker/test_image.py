"""docker.Image on a real engine and a real registry."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from embedded_cloud.providers.call import Call
from embedded_cloud.providers.docker import image
from embedded_cloud.providers.docker.build import BuildError
from embedded_cloud.providers.docker.push import PushError

pytestmark = pytest.mark.containers

REGISTRY_IMAGE = "embedded-cloud/registry:trixie"


class Ecr:
    """ECR with one repository whose tags never move."""

    class exceptions:  # noqa: N801 - boto3's name
        ClientError = RuntimeError

    def __init__(self, uri: str) -> None:
        self._uri = uri

    def get_paginator(self, _: str) -> "Ecr":
        return self

    def paginate(self) -> list[dict[str, Any]]:
        return [{"repositories": [{"repositoryUri": self._uri, "imageTagMutability": "IMMUTABLE"}]}]


class Clients:
    region = "us-east-1"

    def __init__(self, uri: str) -> None:
        self._ecr = Ecr(uri)

    def get(self, _service: str, _region: str) -> Ecr:
        return self._ecr


@pytest.fixture(scope="module")
def engine() -> docker.DockerClient:
    return docker.from_env()


@pytest.fixture(scope="module")
def registry(engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not engine.images.list(REGISTRY_IMAGE):
        pytest.skip(f"{REGISTRY_IMAGE} is not on this machine; `make up` makes it")
    settings = tmp_path_factory.mktemp("registry") / "registry.yml"
    settings.write_text('version: 0.1\nstorage: {filesystem: {rootdirectory: /tmp/registry}}\nhttp: {addr: ":5000"}\n')
    container = engine.containers.run(
        REGISTRY_IMAGE,
        ["registry", "serve", "/registry.yml"],
        detach=True,
        ports={"5000/tcp": ("127.0.0.1", None)},
        volumes={str(settings): {"bind": "/registry.yml", "mode": "ro"}},
    )
    container.reload()
    port = int(container.ports["5000/tcp"][0]["HostPort"])
    _wait_for(port)
    yield f"localhost:{port}/app"
    container.remove(force=True, v=True)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as connection:
            if connection.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the registry does not answer")


@pytest.fixture
def inputs(tmp_path: Path, registry: str, engine: docker.DockerClient) -> Iterator[dict[str, Any]]:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nARG NAME\nCOPY content /content\nLABEL name=$NAME\n")
    (tmp_path / "content").write_text("one")
    name = f"{registry}:{tmp_path.name.lower()}"
    yield {"imageName": name, "build": {"context": str(tmp_path), "args": {"NAME": "canary"}}}
    for tag in engine.images.list(registry):
        engine.images.remove(tag.id, force=True)


def call_of(inputs: dict[str, Any], registry: str) -> Call:
    call = Call(Clients(registry), "docker:index/image:Image", inputs=inputs, state=dict(inputs))  # type: ignore[arg-type]
    call.log = lambda _: None
    return call


def create(inputs: dict[str, Any], registry: str) -> Call:
    call = call_of(inputs, registry)
    call.id = image._create(call)
    return call


def test_a_built_image_is_in_the_registry_under_its_digest(
    inputs: dict[str, Any], registry: str, engine: docker.DockerClient
) -> None:
    made = create(inputs, registry)
    assert made.id.startswith(f"{registry}@sha256:")
    assert engine.images.get_registry_data(made.id).id == made.id.partition("@")[2]
    state = image._read(made)
    assert state is not None
    assert state["repoDigest"] == made.id
    assert engine.images.get(inputs["imageName"]).labels["name"] == "canary"


def test_progress_is_told_line_by_line(inputs: dict[str, Any], registry: str) -> None:
    call = call_of(inputs, registry)
    lines: list[str] = []
    call.log = lines.append
    image._create(call)
    assert any("COPY content" in line for line in lines)
    assert any("Pushed" in line or "Layer already exists" in line for line in lines)


def test_creating_again_after_a_kill_gives_the_same_digest(inputs: dict[str, Any], registry: str) -> None:
    assert create(inputs, registry).id == create(inputs, registry).id


def test_an_immutable_tag_refuses_other_content(inputs: dict[str, Any], registry: str) -> None:
    create(inputs, registry)
    (Path(inputs["build"]["context"]) / "content").write_text("two")
    with pytest.raises(PushError, match="ImageTagAlreadyExists"):
        create(inputs, registry)


def test_an_image_that_left_the_registry_is_gone(inputs: dict[str, Any], registry: str) -> None:
    made = create(inputs, registry)
    made.state["repoDigest"] = f"{registry}@sha256:{'0' * 64}"
    assert image._read(made) is None


def test_without_a_push_the_digest_is_the_images_id(
    inputs: dict[str, Any], registry: str, engine: docker.DockerClient
) -> None:
    made = create({**inputs, "skipPush": True}, registry)
    assert made.id == engine.images.get(inputs["imageName"]).id
    assert image._read(made) is not None


def test_a_failed_build_says_what_the_builder_said(inputs: dict[str, Any], registry: str) -> None:
    (Path(inputs["build"]["context"]) / "Dockerfile").write_text("FROM scratch\nCOPY nothing /\n")
    with pytest.raises(BuildError, match=r"(?s)exit code 1; its last lines:.*nothing"):
        create(inputs, registry)


def test_a_cancelled_run_ends_the_build(inputs: dict[str, Any], registry: str) -> None:
    call = call_of(inputs, registry)
    call.stop = threading.Event()
    call.stop.set()
    with pytest.raises(BuildError, match="the run was cancelled"):
        image._create(call)
