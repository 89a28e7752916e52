"""Taking away everything a cloud has made on Docker."""

import contextlib

from docker.errors import ImageNotFound, NotFound

from local.cloud.config import LABEL
from local.cloud.containers import connect, remove_container


def remove_images(registry_port: int) -> None:
    """Remove the engine's copies of what was pushed to this cloud's registry; their names can mean nothing else.

    Raises DockerUnavailableError.
    """
    client = connect()
    registry = f"localhost:{registry_port}/"
    for image in client.images.list(filters={"reference": f"{registry}*"}):
        for tag in image.tags:
            if tag.startswith(registry):
                with contextlib.suppress(ImageNotFound):
                    client.images.remove(tag)


def remove_all(name: str) -> None:
    """Remove every container, volume and network that carries the cloud's label. Repeatable.

    Stop the cloud first, or its agents make them anew. Raises DockerUnavailableError.
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
