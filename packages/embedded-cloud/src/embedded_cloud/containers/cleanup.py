"""Remove everything a cloud has created on Docker."""

import contextlib

from docker.errors import ImageNotFound, NotFound

from embedded_cloud.config import LABEL
from embedded_cloud.containers.docker_host import connect, remove_container


def remove_images(registry_port: int) -> None:
    """Remove the engine's copies of the images in this cloud's registry. Raises DockerUnavailableError."""
    client = connect()
    registry = f"localhost:{registry_port}/"
    for image in client.images.list(filters={"reference": f"{registry}*"}):
        for tag in image.tags:
            if tag.startswith(registry):
                with contextlib.suppress(ImageNotFound):
                    client.images.remove(tag)


def remove_all(name: str) -> None:
    """Remove every container, volume and network with the cloud's label. Idempotent.

    Stop the cloud first, or its agents create them again. Raises DockerUnavailableError.
    """
    client = connect()
    own = {"label": f"{LABEL}={name}"}
    for container in client.containers.list(all=True, sparse=True, filters=own):
        remove_container(container)
    for volume in client.volumes.list(filters=own):
        try:
            volume.remove(force=True)
        except NotFound:
            continue
    for network in client.networks.list(filters=own):
        try:
            network.remove()
        except NotFound:
            continue
