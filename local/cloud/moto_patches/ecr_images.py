"""ECR: images with several tags, tags that do not move, sizes and digests as AWS reports them."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from moto.core.exceptions import ServiceException
from moto.ecr.models import ECRBackend, Image, Repository

from local.cloud.moto_patches.ecr import deleted_images, tags_to_publish
from local.cloud.moto_patches.replace import replace_method

Method = Callable[..., Any]


class ImageTagAlreadyExistsException(ServiceException):  # type: ignore[misc] # moto's has no types
    """What ECR answers when an immutable tag would have to move."""

    code = "ImageTagAlreadyExistsException"


def apply() -> None:
    """Patch images. Idempotent."""
    replace_method(ECRBackend, "put_image", _put_image)
    replace_method(Image, "get_image_size_in_bytes", lambda _: _size)


def _put_image(original: Method) -> Method:
    def put_image(
        self: ECRBackend,
        repository_name: str,
        image_manifest: str,
        image_tag: str | None,
        image_manifest_mediatype: str | None = None,
        digest: str | None = None,
    ) -> Image:
        # moto makes digests up.
        digest = digest or f"sha256:{hashlib.sha256(image_manifest.encode()).hexdigest()}"
        repository = self.repositories.get(repository_name)
        if repository is not None and image_tag:
            _free_tag(repository, image_tag, digest)
        image: Image = original(self, repository_name, image_manifest, image_tag, image_manifest_mediatype, digest)
        if repository is not None:
            deleted_images(repository).discard((image_tag or "", digest))
            if image_tag:
                tags_to_publish(repository).add((image_tag, digest))
        return image

    return put_image


def _free_tag(repository: Repository, tag: str, digest: str) -> None:
    """Take a tag from the image that has it, which stays without. Raises when the repository lets no tag move."""
    for image in repository.images:
        if tag not in image.image_tags or image.get_image_digest() == digest:
            continue
        if repository.is_tag_immutable():
            raise ImageTagAlreadyExistsException(
                f"The image tag '{tag}' already exists in the '{repository.name}' repository and cannot be overwritten "
                "because the tag is immutable."
            )
        image.remove_tag(tag)
        image.image_tag = image.image_tags[-1] if image.image_tags else None


def _size(self: Image) -> int | None:
    manifest = json.loads(self.image_manifest)
    if "layers" not in manifest:
        return None
    parts = [*manifest["layers"], manifest.get("config") or {}]
    return sum(int(part.get("size", 0)) for part in parts)
