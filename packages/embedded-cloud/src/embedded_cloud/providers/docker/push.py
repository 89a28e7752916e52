"""Push an image through Docker and return its digest in the registry."""

from collections.abc import Callable, Mapping
from typing import Any

import docker
from docker.errors import APIError, NotFound

from embedded_cloud.providers.failures import OperationError

Credentials = dict[str, str] | None


class PushError(OperationError):
    """The push failed; the message names image and registry."""


def split_name(image_name: str) -> tuple[str, str]:
    head, slash, tail = image_name.rpartition("/")
    name, _, tag = tail.partition(":")
    return f"{head}{slash}{name}", tag or "latest"


def registry_host(repository: str) -> str:
    first, slash, _ = repository.partition("/")
    return first if slash and ("." in first or ":" in first or first == "localhost") else "docker.io"


def credentials_for(registry: Mapping[str, Any] | None, image_name: str) -> Credentials:
    """The `registry` argument as Docker's SDK takes it; None without a user."""
    if not registry or not registry.get("username"):
        return None
    server = registry.get("server") or registry_host(image_name)
    return {"username": registry["username"], "password": registry.get("password") or "", "serveraddress": server}


def push_image(
    client: docker.DockerClient, image_name: str, credentials: Credentials, log: Callable[[str], None]
) -> str:
    """Push an image and return the digest of its manifest. Safe to repeat. Raises PushError."""
    repository, tag = split_name(image_name)
    digest = ""
    last: dict[str, str] = {}
    try:
        for event in client.api.push(repository, tag=tag, auth_config=credentials, stream=True, decode=True):
            if error := event.get("error"):
                raise PushError(f"{image_name}: {registry_host(repository)} refused the push: {error}")
            digest = event.get("aux", {}).get("Digest", digest)
            layer, status = event.get("id"), event.get("status")
            if layer and status and last.get(layer) != status:
                log(f"{layer}: {status}")
                last[layer] = status
    except APIError as error:
        raise PushError(f"{image_name}: Docker could not push it: {error.explanation or error}") from error
    if not digest:
        raise PushError(f"{image_name}: {registry_host(repository)} returned no digest; look at its log")
    return digest


def keep_tag(client: docker.DockerClient, image_name: str, image_id: str, credentials: Credentials) -> str | None:
    """Check an immutable tag before a push: None when it is free, the digest when it holds this image.

    Raises PushError with ECR's message when it holds another image.
    """
    held = held_digest(client, image_name, credentials)
    if held is None:
        return None
    repository, tag = split_name(image_name)
    name = f"{repository}@{held}"
    if name not in client.images.get(image_id).attrs.get("RepoDigests", []):
        # A run killed after its push leaves the tag in the registry and no digest in Docker.
        theirs = client.images.pull(repository, tag=held, auth_config=credentials)
        if theirs.id != image_id:
            raise PushError(
                f"ImageTagAlreadyExists: the tag {tag} in {repository} holds {held} and cannot be overwritten, "
                f"because the repository is immutable; give the new build a tag of its own"
            )
    return held


def held_digest(client: docker.DockerClient, image_name: str, credentials: Credentials) -> str | None:
    """Digest of this tag in the registry; None when the tag is free. Raises PushError."""
    try:
        return str(client.images.get_registry_data(image_name, auth_config=credentials).id)
    except NotFound:
        return None
    except APIError as error:
        host = registry_host(image_name)
        raise PushError(f"{image_name}: registry {host} did not answer: {error.explanation or error}") from error
