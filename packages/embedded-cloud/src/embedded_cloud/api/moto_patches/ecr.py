"""ECR: repositories in the local registry, immutable tags, sizes and digests of images."""

import hashlib
import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.ecr.models import ECRBackend, Image, Repository
from moto.ecr.responses import ECRResponse

from embedded_cloud.api.moto_patches.replace import Method, replace_method, wrap_method

TOKEN_LIFETIME = timedelta(hours=12)


class ImageTagAlreadyExistsException(ServiceException):  # type: ignore[misc] # moto is not typed
    """ECR's error for an immutable tag that would have to move."""

    code = "ImageTagAlreadyExistsException"


def apply(*, registry: str) -> None:
    """Patch ECR. `registry` is host and port that images are pushed to and pulled from."""
    # Computed, not stored: the port may change with a restart.
    Repository.uri = property(lambda self: f"{registry}/{self.name}", lambda _self, _value: None)
    wrap_method(ECRResponse, "get_authorization_token", _authorization_token, registry)
    wrap_method(ECRBackend, "delete_repository", _delete_repository)
    wrap_method(ECRBackend, "batch_delete_image", _batch_delete_image)
    wrap_method(ECRBackend, "put_image", _put_image)
    replace_method(Image, "get_image_size_in_bytes", lambda _: _size)


def deleted_repositories(backend: ECRBackend) -> set[str]:
    """Names of deleted repositories with content still in the registry."""
    names: set[str] = vars(backend).setdefault("deleted_repositories", set())
    return names


def deleted_images(repository: Repository) -> set[tuple[str, str]]:
    """Tag and digest of deleted images that may still be in the registry."""
    images: set[tuple[str, str]] = vars(repository).setdefault("deleted_images", set())
    return images


def tags_to_publish(repository: Repository) -> set[tuple[str, str]]:
    """Tag and digest of tags set through ECR's API and not yet in the registry."""
    tags: set[tuple[str, str]] = vars(repository).setdefault("tags_to_publish", set())
    return tags


def tagged_images(repository: Repository) -> set[tuple[str, str]]:
    """Tag and digest of every image; an image without a tag has an empty one."""
    return {(tag, image.get_image_digest()) for image in repository.images for tag in image.image_tags or [""]}


def _authorization_token(_original: Method, registry: str, self: ECRResponse) -> ActionResult:
    accounts = self._get_param("registryIds") or [self.current_account]
    data = [
        {
            "authorizationToken": b64encode(f"AWS:{account}-auth-token".encode()).decode(),
            "expiresAt": datetime.now(UTC) + TOKEN_LIFETIME,
            "proxyEndpoint": f"http://{registry}",
        }
        for account in accounts
    ]
    return ActionResult({"authorizationData": data})


def _delete_repository(original: Method, self: ECRBackend, repository_name: str, *rest: Any, **named: Any) -> Any:
    result = original(self, repository_name, *rest, **named)
    deleted_repositories(self).add(repository_name)
    return result


def _batch_delete_image(original: Method, self: ECRBackend, repository_name: str, *rest: Any, **named: Any) -> Any:
    repository = self.repositories.get(repository_name)
    before = tagged_images(repository) if repository is not None else set()
    result = original(self, repository_name, *rest, **named)
    if repository is not None:
        deleted_images(repository).update(before - tagged_images(repository))
    return result


def _put_image(
    original: Method,
    self: ECRBackend,
    repository_name: str,
    image_manifest: str,
    image_tag: str | None,
    image_manifest_mediatype: str | None = None,
    digest: str | None = None,
) -> Image:
    # moto invents digests.
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


def _free_tag(repository: Repository, tag: str, digest: str) -> None:
    """Remove a tag from the image that has it. Raises if the repository is immutable."""
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
