"""Taking away everything a cloud has made on Docker."""

from docker.errors import NotFound

from local.cloud.config import LABEL
from local.cloud.containers import connect, remove_container


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
