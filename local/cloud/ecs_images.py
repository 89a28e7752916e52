"""Images of a task's containers: on this machine already, or pulled."""

from typing import Any

from docker.errors import APIError, ImageNotFound

from local.cloud.containers import DockerHost

BUNDLE_LABEL = "preqly.rds-ca-bundle"
"""Label of an image that says where it keeps the certificate authorities of RDS."""


class PullError(Exception):
    """The image cannot be had; the message is ECS's stop reason."""


def ensure(docker: DockerHost, reference: str) -> dict[str, str]:
    """Labels of the image, which is pulled when it is not here. Raises PullError."""
    try:
        return _labels(docker.client.images.get(reference))
    except ImageNotFound:
        pass
    try:
        return _labels(docker.client.images.pull(*_repository_and_tag(reference)))
    except (APIError, ImageNotFound) as error:
        raise PullError(
            f"CannotPullContainerError: pull image manifest has been retried 1 time(s): "
            f"failed to resolve ref {reference}: {error.explanation or error}"
        ) from error


def _repository_and_tag(reference: str) -> tuple[str, str | None]:
    if "@" in reference:
        repository, _, digest = reference.partition("@")
        return repository, digest
    # A colon before the last slash belongs to the registry's port.
    head, slash, last = reference.rpartition("/")
    name, _, tag = last.partition(":")
    return f"{head}{slash}{name}", tag or "latest"


def _labels(image: Any) -> dict[str, str]:
    return dict(image.labels or {})
