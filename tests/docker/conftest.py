"""The two images, and networks to run them on: one with a migrated database, one with an echo."""

import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from embedded_cloud.images import images
from infra.images.sources import DOCKERFILE
from tests.docker.applications import Build, staged
from tests.docker.site import CONTAINERS, ECHO, ROOT, Site, docker, start_database


@pytest.fixture(scope="session")
def base_images() -> dict[str, str]:
    """Base image per role: from the environment, as for compose, or the choice of the embedded cloud."""

    def without_base(_release: str) -> None:
        pytest.skip("no image registry answers and no stand-in is built: run `make up` once")

    named = {role: os.environ.get(f"{role.upper()}_IMAGE", "") for role in ("python", "nginx", "postgres", "valkey")}
    missing = [role for role, image in named.items() if not image]
    return named | images.ensure(missing, lambda _line: None, without_base)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The staged build context of the demo."""
    return staged(ROOT / "app", tmp_path_factory.mktemp("demo") / "context")


@pytest.fixture(scope="session")
def build(base_images: dict[str, str], demo: Path) -> Build:
    """`build(target, *arguments)` runs `docker buildx build` with a staged context, the demo's by default."""

    def run(
        target: str, *arguments: str, context: Path | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        named = {f"{role.upper()}_IMAGE": image for role, image in base_images.items() if role != "postgres"}
        wanted = [word for name, image in named.items() for word in ("--build-arg", f"{name}={image}")]
        folder = context or demo
        recipe = ("--file", folder / DOCKERFILE, "--target", target, "--progress", "plain")
        return docker("buildx", "build", *recipe, *wanted, *arguments, folder, check=check)

    return run


@pytest.fixture(scope="session")
def built(build: Build) -> dict[str, str]:
    """Image per target."""
    found = {target: f"preqly-docker-tests/{target}" for target in ("web", "proxy")}
    for target, image in found.items():
        build(target, "--load", "--build-arg", "REVISION=0a1b2c3", "--tag", image)
    return found


@pytest.fixture(scope="session")
def sites() -> Iterator[list[Site]]:
    """Sites of this session; all of them are removed at its end."""
    made: list[Site] = []
    yield made
    for site in made:
        site.remove()


@pytest.fixture(scope="module", autouse=True)
def _containers_end_with_their_module(sites: list[Site]) -> Iterator[None]:
    """Idle containers take memory from the next module."""
    yield
    for site in sites:
        site.remove_unshared()


def _site(sites: list[Site], images: dict[str, str], folder: Path) -> Site:
    site = Site(images, f"preqly-docker-tests-{uuid.uuid4().hex[:8]}", folder)
    sites.append(site)
    docker("network", "create", "--label", CONTAINERS, site.network)
    return site


@pytest.fixture(scope="session")
def site(
    sites: list[Site], built: dict[str, str], base_images: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Site:
    """A network with a migrated database under the name db.test."""
    site = _site(sites, built, tmp_path_factory.mktemp("site"))
    start_database(site, base_images["postgres"])
    site.shared = len(site.started)
    migration = site.web(command=("python", "manage.py", "migrate", "--noinput"))
    assert docker("wait", migration).stdout.strip() == "0", docker("logs", migration).stdout
    return site


@pytest.fixture(scope="session")
def network(sites: list[Site], built: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A network with an echo in place of the application, under the name web, and no database."""
    site = _site(sites, built, tmp_path_factory.mktemp("network"))
    site.run("web", name="web", command=("python", "-c", ECHO))
    site.shared = len(site.started)
    return site


@pytest.fixture(scope="session")
def endpoint(site: Site) -> Iterator[str]:
    """URL of an S3 on this machine, as the site's containers reach it."""
    server = ThreadedMotoServer("0.0.0.0", 0)  # noqa: S104 - containers do not reach the loopback
    server.start()
    _, port = server.get_host_and_port()
    gateway = docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", site.network).stdout
    yield f"http://{gateway.strip()}:{port}"
    server.stop()


GROUPS = {
    "docker-images": ("test_images", "test_start", "test_media_bucket", "test_applications"),
    "docker-site": ("test_site", "test_slow", "test_release", "test_browser"),
    "docker-dependencies": ("test_dependencies",),
    "docker-proxy": ("test_proxy", "test_start_proxy", "test_page_cache"),
    "docker-compose": ("test_compose",),
}
"""Modules that share a worker, and so its networks."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the groups over the workers of a parallel run."""
    group_of = {module: group for group, modules in GROUPS.items() for module in modules}
    for item in items:
        if item.path.parent.name == "docker" and item.path.stem in group_of:
            item.add_marker(pytest.mark.xdist_group(group_of[item.path.stem]))
