"""ECR: repositories live in the registry of this machine, and what is deleted is remembered until it is gone there."""

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.core.responses import ActionResult
from moto.ecr.models import ECRBackend, Repository
from moto.ecr.responses import ECRResponse

from local.cloud.moto_patches.replace import replace_method

Method = Callable[..., Any]

TOKEN_LIFETIME = timedelta(hours=12)


def apply(*, registry: str) -> None:
    """Patch ECR. `registry` is host and port that images are pushed to and pulled from."""
    # Computed, not kept: another port after a restart moves every repository.
    Repository.uri = property(lambda self: f"{registry}/{self.name}", lambda _self, _value: None)
    replace_method(ECRResponse, "get_authorization_token", lambda _: _authorization_token(registry))
    replace_method(ECRBackend, "delete_repository", _delete_repository)
    replace_method(ECRBackend, "batch_delete_image", _batch_delete_image)


def deleted_repositories(backend: ECRBackend) -> set[str]:
    """Names whose content in the registry is to be removed, even if a repository of that name exists again."""
    names: set[str] = vars(backend).setdefault("deleted_repositories", set())
    return names


def deleted_images(repository: Repository) -> set[tuple[str, str]]:
    """Tag and digest of images that were deleted and may still lie in the registry."""
    images: set[tuple[str, str]] = vars(repository).setdefault("deleted_images", set())
    return images


def tags_to_publish(repository: Repository) -> set[tuple[str, str]]:
    """Tag and digest that were given to images through ECR's API and that the registry does not know yet."""
    tags: set[tuple[str, str]] = vars(repository).setdefault("tags_to_publish", set())
    return tags


def tagged_images(repository: Repository) -> set[tuple[str, str]]:
    """Tag and digest of every image; an image without a tag has an empty one."""
    return {(tag, image.get_image_digest()) for image in repository.images for tag in image.image_tags or [""]}


def _authorization_token(registry: str) -> Method:
    def get_authorization_token(self: ECRResponse) -> ActionResult:
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

    return get_authorization_token


def _delete_repository(original: Method) -> Method:
    def delete_repository(self: ECRBackend, repository_name: str, *rest: Any, **named: Any) -> Any:
        result = original(self, repository_name, *rest, **named)
        deleted_repositories(self).add(repository_name)
        return result

    return delete_repository


def _batch_delete_image(original: Method) -> Method:
    def batch_delete_image(self: ECRBackend, repository_name: str, *rest: Any, **named: Any) -> Any:
        repository = self.repositories.get(repository_name)
        before = tagged_images(repository) if repository is not None else set()
        result = original(self, repository_name, *rest, **named)
        if repository is not None:
            deleted_images(repository).update(before - tagged_images(repository))
        return result

    return batch_delete_image
