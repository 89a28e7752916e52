"""Pull the images of a task's containers."""

import time
from typing import Any

from docker.errors import APIError, ImageNotFound, NotFound

from embedded_cloud.containers.docker_host import DockerHost

BUNDLE_LABELS = ("embedded-cloud.rds-ca-bundle", "embedded-cloud.elasticache-ca-bundle")
"""Labels of an image with the paths of its bundles of certificate authorities, for RDS and for ElastiCache."""

RETRY_SECONDS = (0.5, 1.0, 2.0, 2.0, 0.0)
"""Pause after each attempt to reach the registry, which may still be starting."""


class PullError(Exception):
    """The image cannot be pulled. The message is ECS's stop reason."""


def ensure(docker: DockerHost, reference: str, registry: str) -> dict[str, str]:
    """Pull the image unless Docker has it, and return its labels. Raises PullError.

    An image of this cloud's own registry (`registry`, such as localhost:5050) must still be there: Fargate keeps no
    copies.
    """
    if reference.startswith(f"{registry}/"):
        _resolve(docker, reference)
    try:
        return _labels(docker.client.images.get(reference))
    except ImageNotFound:
        pass
    try:
        return _labels(docker.client.images.pull(*repository_and_tag(reference)))
    except (APIError, ImageNotFound) as error:
        raise _pull_error(reference, 1, str(error.explanation or error)) from error


def _resolve(docker: DockerHost, reference: str) -> None:
    for attempt, wait in enumerate(RETRY_SECONDS, start=1):
        try:
            docker.client.images.get_registry_data(reference)
        except NotFound:
            raise _pull_error(reference, 1, "not found") from None
        except APIError as error:
            if attempt == len(RETRY_SECONDS):
                raise _pull_error(reference, attempt, f"failed to do request: {error.explanation or error}") from None
            time.sleep(wait)
        else:
            return


def _pull_error(reference: str, attempts: int, why: str) -> PullError:
    return PullError(
        f"CannotPullContainerError: pull image manifest has been retried {attempts} time(s): "
        f"failed to resolve ref {reference}: {why}"
    )


def repository_and_tag(reference: str) -> tuple[str, str | None]:
    if "@" in reference:
        repository, _, digest = reference.partition("@")
        return repository, digest
    # A colon before the last slash starts the registry's port.
    head, slash, last = reference.rpartition("/")
    name, _, tag = last.partition(":")
    return f"{head}{slash}{name}", tag or "latest"


def _labels(image: Any) -> dict[str, str]:
    return dict(image.labels or {})
