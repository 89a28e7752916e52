"""Pushing an image through Docker's engine and learning the digest that the registry gave it."""

from collections.abc import Callable, Mapping
from typing import Any

import docker
from docker.errors import APIError, NotFound

from local.provider.failures import OperationError

Credentials = dict[str, str] | None


class PushError(OperationError):
    """The registry did not take the image; the message names image and registry."""


def split_name(image_name: str) -> tuple[str, str]:
    """Repository and tag of an image name; the colon of a registry's port is no tag."""
    head, slash, tail = image_name.rpartition("/")
    name, _, tag = tail.partition(":")
    return f"{head}{slash}{name}", tag or "latest"


def registry_host(repository: str) -> str:
    """The registry that a repository's name points to, as Docker reads it."""
    first, slash, _ = repository.partition("/")
    return first if slash and ("." in first or ":" in first or first == "localhost") else "docker.io"


def credentials_for(registry: Mapping[str, Any] | None, image_name: str) -> Credentials:
    """The `registry` argument as Docker's SDK takes it: sent in a header, never on a command line."""
    if not registry or not registry.get("username"):
        return None
    server = registry.get("server") or registry_host(image_name)
    return {"username": registry["username"], "password": registry.get("password") or "", "serveraddress": server}


def push_image(
    client: docker.DockerClient, image_name: str, credentials: Credentials, log: Callable[[str], None]
) -> str:
    """Push the engine's image of this name and return the manifest's digest.

    Safe to repeat: layers that an interrupted push left in the registry are not sent again. Raises PushError.
    """
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
        raise PushError(f"{image_name}: {registry_host(repository)} gave no digest; its log says why")
    return digest


def keep_tag(client: docker.DockerClient, image_name: str, image_id: str, credentials: Credentials) -> str | None:
    """What pushing to a repository with immutable tags may do: None to push, or the digest when nothing is left to do.

    Raises PushError, in ECR's words, when the tag already holds another image.
    """
    held = held_digest(client, image_name, credentials)
    if held is None:
        return None
    repository, tag = split_name(image_name)
    name = f"{repository}@{held}"
    if name not in client.images.get(image_id).attrs.get("RepoDigests", []):
        # An earlier run may have been killed after its push, or the engine lost its records: the registry decides.
        theirs = client.images.pull(repository, tag=held, auth_config=credentials)
        if theirs.id != image_id:
            raise PushError(
                f"ImageTagAlreadyExists: the tag {tag} in {repository} holds {held} and cannot be overwritten, "
                f"because the repository is immutable; give the new build a tag of its own"
            )
    return held


def held_digest(client: docker.DockerClient, image_name: str, credentials: Credentials) -> str | None:
    """The digest a registry holds under this tag, or None when the tag is free. Raises PushError."""
    try:
        return str(client.images.get_registry_data(image_name, auth_config=credentials).id)
    except NotFound:
        return None
    except APIError as error:
        host = registry_host(image_name)
        raise PushError(f"{image_name}: registry {host} did not answer: {error.explanation or error}") from error
