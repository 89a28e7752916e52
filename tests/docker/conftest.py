"""The two images, built once, and a network with a migrated database to run them on."""

import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from local.images import images
from tests.docker.stand import CONTAINERS, ECHO, ROOT, Site, docker, start_database


@pytest.fixture(scope="session")
def base_images() -> dict[str, str]:
    """Role to image: named in the environment as for compose, or chosen as the embedded cloud chooses."""

    def without_base() -> None:
        pytest.skip("no image registry answers and no stand-in is built: run `make up` once")

    named = {role: os.environ.get(f"{role.upper()}_IMAGE", "") for role in ("python", "nginx", "postgres")}
    missing = [role for role, image in named.items() if not image]
    return named | images.ensure(missing, lambda _line: None, without_base)


@pytest.fixture(scope="session")
def build(base_images: dict[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`build(target, *arguments)`: what `docker build` answers; the images' only recipe is docker/Dockerfile."""

    def run(target: str, *arguments: str, context: Path = ROOT, check: bool = True) -> subprocess.CompletedProcess[str]:
        bases = ("PYTHON_IMAGE", base_images["python"]), ("NGINX_IMAGE", base_images["nginx"])
        wanted = [word for name, image in bases for word in ("--build-arg", f"{name}={image}")]
        recipe = ("--file", context / "docker/Dockerfile", "--target", target, "--progress", "plain")
        return docker("buildx", "build", *recipe, *wanted, *arguments, context, check=check)

    return run


@pytest.fixture(scope="session")
def built(build: Callable[..., object]) -> dict[str, str]:
    """Target to image."""
    found = {target: f"preqly-docker-tests/{target}" for target in ("web", "proxy")}
    for target, image in found.items():
        build(target, "--load", "--build-arg", "REVISION=0a1b2c3", "--tag", image)
    return found


@pytest.fixture(scope="module")
def site(
    built: dict[str, str], base_images: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A network with a migrated database on it, under the name db.test."""
    site = Site(built, f"preqly-docker-tests-{uuid.uuid4().hex[:8]}", tmp_path_factory.mktemp("site"))
    docker("network", "create", "--label", CONTAINERS, site.network)
    try:
        start_database(site, base_images["postgres"])
        migration = site.web(name="", command=("python", "manage.py", "migrate", "--noinput"))
        assert docker("wait", migration).stdout.strip() == "0", docker("logs", migration).stdout
        yield site
    finally:
        site.remove()


@pytest.fixture(scope="module")
def endpoint(site: Site) -> Iterator[str]:
    """S3 on this machine, under the address by which the site's containers reach it."""
    server = ThreadedMotoServer("0.0.0.0", 0)  # noqa: S104 - the containers are not on the loopback
    server.start()
    _, port = server.get_host_and_port()
    gateway = docker(
        "network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", site.network
    ).stdout.strip()
    try:
        yield f"http://{gateway}:{port}"
    finally:
        server.stop()


@pytest.fixture(scope="module")
def network(built: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Proxies in front of an echo, without a database."""
    site = Site(built, f"preqly-docker-tests-{uuid.uuid4().hex[:8]}", tmp_path_factory.mktemp("proxy"))
    docker("network", "create", "--label", CONTAINERS, site.network)
    try:
        site.run("web", name="web", command=("python", "-c", ECHO))
        yield site
    finally:
        site.remove()
