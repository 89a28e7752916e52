"""The agent of ECR: a registry container, kept in step with the repositories and images in moto."""

import logging
import shlex
from dataclasses import dataclass, field

import httpx
from docker.models.containers import Container
from moto.ecr.models import ECRBackend, Repository

from local.cloud.containers import put_files
from local.cloud.context import CloudContext
from local.cloud.moto_patches.ecr import deleted_images, deleted_repositories

ROLE = "registry"
SUFFIX = "registry"
FOLDER = "/preqly"
DATA_FOLDER = "/var/lib/registry"
REQUEST_SECONDS = 10.0

# It tells of every request, of which there are several a second.
logging.getLogger("httpx").setLevel(logging.WARNING)

MANIFEST_TYPES = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
)

# Without a cache: content that was removed from the disk must not be remembered as present.
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


@dataclass(frozen=True)
class KnownRepository:
    """What moto says about one repository, copied so that no lock is held while the registry is asked."""

    name: str
    images: set[tuple[str, str]]
    """Tag and digest."""
    deleted: set[tuple[str, str]] = field(default_factory=set)


class EcrAgent:
    """Pushed images appear in ECR; what ECR deletes disappears from the registry."""

    name = "ecr"

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._registry = httpx.Client(
            base_url=f"http://127.0.0.1:{context.config.registry_port}/v2", timeout=REQUEST_SECONDS
        )

    def reconcile(self) -> None:
        """One pass over all repositories."""
        container = self._running_registry()
        try:
            self._purge_repositories(container)
            for repository in self._repositories():
                self._purge_images(repository)
                self._record_pushes(repository)
        except httpx.TransportError:
            return  # it is starting

    def close(self) -> None:
        """End the connection to the registry."""
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

    def _repositories(self) -> list[KnownRepository]:
        with self._context.lock:
            return [
                KnownRepository(name, _tagged(repository), set(deleted_images(repository)))
                for name, repository in self._backend().repositories.items()
            ]

    def _purge_repositories(self, container: Container) -> None:
        # Before moto is asked: what is stored now and unknown then was never created, or is deleted.
        stored = set(self._registry.get("/_catalog", params={"n": 1000}).json()["repositories"])
        with self._context.lock:
            deleted = set(deleted_repositories(self._backend()))
            known = set(self._backend().repositories)
        # ECR refuses pushes to repositories it does not know; here they are taken and thrown away.
        doomed = deleted | (stored - known)
        if not doomed:
            return
        folders = [shlex.quote(f"{DATA_FOLDER}/docker/registry/v2/repositories/{name}") for name in sorted(doomed)]
        _run(container, f"rm -rf {' '.join(folders)}")
        with self._context.lock:
            # At once: a repository of the same name may be pushed to from now on.
            deleted_repositories(self._backend()).difference_update(deleted)
            self._context.touch()
            if not self._backend().repositories:
                # Under the lock, though Docker works: nobody can create a repository and push while layers go.
                collect = f"registry garbage-collect --delete-untagged {FOLDER}/registry.yml"
                _run(container, f"[ ! -d {DATA_FOLDER}/docker/registry/v2/blobs ] || {collect}")

    def _purge_images(self, repository: KnownRepository) -> None:
        kept = {digest for _, digest in repository.images}
        # The registry deletes a manifest with all its tags; one that ECR still names under another tag stays.
        purged = {(tag, digest) for tag, digest in repository.deleted if digest not in kept}
        for _, digest in purged:
            self._registry.delete(f"/{repository.name}/manifests/{digest}")
        # Forgotten once it is gone, so that the same image can be pushed again.
        repository.deleted.difference_update(purged)
        with self._context.lock:
            if purged and repository.name in self._backend().repositories:
                deleted_images(self._backend().repositories[repository.name]).difference_update(purged)
                self._context.touch()

    def _record_pushes(self, repository: KnownRepository) -> None:
        listed = self._registry.get(f"/{repository.name}/tags/list")
        tags = (listed.json().get("tags") or []) if listed.status_code == httpx.codes.OK else []
        known = {tag for tag, _ in repository.images}
        for tag in tags:
            if tag not in known or not self._is_immutable(repository.name):
                self._record(repository, tag)

    def _is_immutable(self, name: str) -> bool:
        with self._context.lock:
            repository = self._backend().repositories.get(name)
            return repository is not None and repository.is_tag_immutable()

    def _record(self, known: KnownRepository, tag: str) -> None:
        answer = self._registry.get(f"/{known.name}/manifests/{tag}", headers={"Accept": ", ".join(MANIFEST_TYPES)})
        if answer.status_code != httpx.codes.OK:
            return
        digest = answer.headers["docker-content-digest"]
        if (tag, digest) in known.images or (tag, digest) in known.deleted:
            return
        with self._context.lock:
            if known.name in self._backend().repositories:
                self._backend().put_image(known.name, answer.text, tag, answer.headers["content-type"], digest)
                self._context.touch()


def _tagged(repository: Repository) -> set[tuple[str, str]]:
    return {(tag, image.get_image_digest()) for image in repository.images for tag in image.image_tags}


def _run(container: Container, command: str) -> None:
    code, output = container.exec_run(["sh", "-c", command])
    if code != 0:
        raise RuntimeError(f"registry: {command}: {output.decode(errors='replace').strip()}")
