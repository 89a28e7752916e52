"""Keep the images of moto and of the registry the same: pushes, tags and deletions."""

import logging
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
from moto.ecr.models import ECRBackend, Repository

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.api.moto_patches.ecr import deleted_images, tagged_images, tags_to_publish

logger = logging.getLogger(__name__)

REPOSITORIES = "/var/lib/registry/docker/registry/v2/repositories"
"""The registry's folder of links to manifests."""

MANIFEST_TYPES = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
)

Run = Callable[[str], None]
"""Runs a shell command in the registry's container."""


@dataclass(frozen=True)
class KnownRepository:
    """One repository of moto, copied so that the lock is not held while the registry answers."""

    name: str
    images: set[tuple[str, str]]
    """Tag and digest. The tag is empty for an untagged image."""
    deleted: set[tuple[str, str]] = field(default_factory=set)


class RepositoryImages:
    """Keeps the images of moto and of the registry the same."""

    def __init__(self, context: CloudContext, registry: httpx.Client) -> None:
        self._context = context
        self._registry = registry

    def known(self) -> list[KnownRepository]:
        with self._context.lock:
            return [
                KnownRepository(name, tagged_images(repository), set(deleted_images(repository)))
                for name, repository in self._backend().repositories.items()
            ]

    def reconcile(self, repository: KnownRepository, run: Run) -> None:
        self._purge(repository, run)
        self._publish(repository.name)
        listed = self._registry.get(f"/{repository.name}/tags/list")
        pushed = set((listed.json().get("tags") or []) if listed.status_code == httpx.codes.OK else [])
        self._record_pushes(repository, pushed)

    def _purge(self, repository: KnownRepository, run: Run) -> None:
        kept = {digest for _, digest in repository.images}
        for tag, digest in repository.deleted:
            if digest not in kept:
                # Deletes its tags as well.
                self._registry.delete(f"/{repository.name}/manifests/{digest}")
            elif tag and tag not in {name for name, _ in repository.images}:
                # The registry's API cannot delete a tag alone.
                run(f"rm -rf {shlex.quote(f'{REPOSITORIES}/{repository.name}/_manifests/tags/{tag}')}")
        if not repository.deleted:
            return
        # Once the registry has deleted it, the same image can be pushed again.
        with self._context.lock:
            if (found := self._find(repository.name)) is not None:
                deleted_images(found).difference_update(repository.deleted)
                self._context.touch()
        repository.deleted.clear()

    def _record_pushes(self, repository: KnownRepository, pushed: set[str]) -> None:
        known = {tag for tag, _ in repository.images}
        immutable = self._is_immutable(repository.name)
        for tag in sorted(pushed):
            if tag not in known or not immutable:
                self._record(repository, tag)

    def _record(self, known: KnownRepository, tag: str) -> None:
        answer = self._registry.get(f"/{known.name}/manifests/{tag}", headers={"Accept": ", ".join(MANIFEST_TYPES)})
        if answer.status_code != httpx.codes.OK:
            return
        digest = answer.headers["docker-content-digest"]
        if (tag, digest) in known.images:
            return
        with self._context.lock:
            found = self._find(known.name)
            if found is not None and (tag, digest) not in deleted_images(found) | tagged_images(found):
                self._backend().put_image(known.name, answer.text, tag, answer.headers["content-type"], digest)
                tags_to_publish(found).discard((tag, digest))
                self._context.touch()

    def _publish(self, name: str) -> None:
        """Add tags that were created through ECR's API to the registry, so that Docker can pull them."""
        with self._context.lock:
            found = self._find(name)
            images = {image.get_image_digest(): image for image in found.images} if found else {}
            waiting = sorted(tags_to_publish(found)) if found else []
        for tag, digest in waiting:
            if digest in images:
                answer = self._registry.put(
                    f"/{name}/manifests/{tag}",
                    content=images[digest].image_manifest.encode(),
                    headers={"Content-Type": images[digest].image_manifest_media_type or MANIFEST_TYPES[0]},
                )
                if answer.is_error:
                    logger.warning("ecr: %s:%s: the registry has no such image: %s", name, tag, answer.text)
            with self._context.lock:
                if (found := self._find(name)) is not None:
                    tags_to_publish(found).discard((tag, digest))
                    self._context.touch()

    def _is_immutable(self, name: str) -> bool:
        with self._context.lock:
            found = self._find(name)
            return found is not None and found.is_tag_immutable()

    def _find(self, name: str) -> Repository | None:
        return self._backend().repositories.get(name)

    def _backend(self) -> ECRBackend:
        return self._context.backend("ecr")
