"""The agent of ECR: a registry container with the repositories and images of moto."""

import json
import logging
import math
import shlex
import time
from datetime import UTC, datetime

import httpx
from docker.models.containers import Container
from moto.ecr.models import ECRBackend, Repository

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.agents.ecr.lifecycle_policy import StoredImage, expired
from embedded_cloud.agents.ecr.repository_images import REPOSITORIES, RepositoryImages
from embedded_cloud.api.moto_patches.ecr import deleted_repositories
from embedded_cloud.containers.docker_host import put_files

logger = logging.getLogger(__name__)

ROLE = "registry"
SUFFIX = "registry"
FOLDER = "/embedded-cloud"
DATA_FOLDER = "/var/lib/registry"
REQUEST_SECONDS = 10.0

# It logs every request, several a second.
logging.getLogger("httpx").setLevel(logging.WARNING)

LIFECYCLE_SECONDS = 10.0
"""Interval at which lifecycle policies are applied. AWS takes up to a day."""

# Without a cache, which would still list content that was removed from the disk.
CONFIGURATION = f"""\
version: 0.1
log:
  level: warn
  accesslog:
    disabled: true
storage:
  delete:
    enabled: true
  filesystem:
    rootdirectory: {DATA_FOLDER}
http:
  addr: :5000
"""


class EcrAgent:
    """Lists pushed images in ECR, and removes from the registry what ECR deletes."""

    name = "ecr"
    patience = 4

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._registry = httpx.Client(
            base_url=f"http://127.0.0.1:{context.config.registry_port}/v2", timeout=REQUEST_SECONDS
        )
        self._images = RepositoryImages(context, self._registry)
        self._expired_at = -math.inf

    def reconcile(self) -> None:
        container = self._running_registry()
        try:
            self._purge_repositories(container)
            for repository in self._images.known():
                self._images.reconcile(repository, lambda command: _run(container, command))
        except httpx.TransportError:
            return  # the registry is starting
        if time.monotonic() - self._expired_at >= self._context.config.clocks.shortened(LIFECYCLE_SECONDS):
            self._expired_at = time.monotonic()
            self._expire()

    def close(self) -> None:
        self._registry.close()

    def _running_registry(self) -> Container:
        docker = self._context.docker
        found = docker.containers(ROLE)
        if found:
            if found[0].status != "running":
                found[0].start()
            return found[0]
        container = docker.create(
            SUFFIX,
            self._context.config.images["registry"],
            ROLE,
            entrypoint=["registry", "serve", f"{FOLDER}/registry.yml"],
            command=[],
            network_mode="bridge",
            ports={"5000/tcp": ("127.0.0.1", self._context.config.registry_port)},
            volumes={docker.volume(SUFFIX, ROLE): {"bind": DATA_FOLDER, "mode": "rw"}},
            cap_drop=["ALL"],
            security_opt=["no-new-privileges:true"],
        )
        put_files(container, FOLDER, {"registry.yml": (CONFIGURATION, 0o644)})
        container.start()
        return container

    def _backend(self) -> ECRBackend:
        return self._context.backend("ecr")

    def _expire(self) -> None:
        """Delete expired images from ECR; the next pass removes them from the registry. Raises ValueError."""
        with self._context.lock:
            for repository in list(self._backend().repositories.values()):
                if not repository.lifecycle_policy:
                    continue
                digests = expired(repository.lifecycle_policy, _stored(repository), datetime.now(UTC))
                if digests:
                    logger.info("ecr: %s: the lifecycle policy expires %s", repository.name, ", ".join(digests))
                    ids = [{"imageDigest": digest} for digest in digests]
                    self._backend().batch_delete_image(repository.name, image_ids=ids)
                    self._context.touch()

    def _purge_repositories(self, container: Container) -> None:
        # Read before moto: a repository that is stored here and unknown to moto afterwards does not exist in ECR.
        stored = set(self._registry.get("/_catalog", params={"n": 1000}).json()["repositories"])
        with self._context.lock:
            deleted = set(deleted_repositories(self._backend()))
            known = set(self._backend().repositories)
        # ECR refuses pushes to unknown repositories. The registry accepts them, so they are removed here.
        doomed = deleted | (stored - known)
        if not doomed:
            return
        folders = [shlex.quote(f"{REPOSITORIES}/{name}") for name in sorted(doomed)]
        _run(container, f"rm -rf {' '.join(folders)}")
        with self._context.lock:
            # A new repository of the same name may receive a push from here on.
            deleted_repositories(self._backend()).difference_update(deleted)
            self._context.touch()
            if not self._backend().repositories:
                # Holds the lock while Docker works, so that no repository is created and pushed to meanwhile.
                collect = f"registry garbage-collect --delete-untagged {FOLDER}/registry.yml"
                _run(container, f"[ ! -d {DATA_FOLDER}/docker/registry/v2/blobs ] || {collect}")


def _stored(repository: Repository) -> list[StoredImage]:
    return [
        StoredImage(
            digest=image.get_image_digest(),
            tags=frozenset(image.image_tags),
            pushed_at=datetime.fromtimestamp(image.image_pushed_at, UTC),
            parts=frozenset(part["digest"] for part in json.loads(image.image_manifest).get("manifests", [])),
        )
        for image in repository.images
    ]


def _run(container: Container, command: str) -> None:
    code, output = container.exec_run(["sh", "-c", command])
    if code != 0:
        raise RuntimeError(f"registry: {command}: {output.decode(errors='replace').strip()}")
