"""Docker for the agents: objects that belong to one cloud by name, label and network."""

import contextlib
import io
import tarfile
import threading
import time
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import docker
from docker.errors import APIError, DockerException, NotFound
from docker.models.containers import Container
from docker.models.networks import Network
from docker.models.volumes import Volume

from embedded_cloud.config import LABEL, CloudConfig
from embedded_cloud.containers.container_list import ContainerList, Summary
from embedded_cloud.containers.network import create_network

ROLE_LABEL = "embedded-cloud.role"
"""Label with the role of a container: registry, database, load-balancer, task."""

REQUEST_SECONDS = 120
REMOVE_ATTEMPTS = 3
CONFLICT = 409
LIST_SHARE = 0.8
"""Age of the list of containers, as a share of a poll: agents that poll side by side share it, and none reads the one
of its last pass."""


class DockerUnavailableError(Exception):
    """No Docker engine answers."""


def connect() -> docker.DockerClient:
    """Connect to the Docker engine of the environment. Raises DockerUnavailableError."""
    try:
        client = docker.from_env(timeout=REQUEST_SECONDS)
        client.ping()
    except DockerException as error:
        raise DockerUnavailableError(
            f"Docker does not answer ({error}). Start its engine, and check that `docker ps` works for this user."
        ) from error
    return client


class DockerHost:
    """The objects of one cloud on the Docker engine. Thread-safe."""

    def __init__(self, config: CloudConfig) -> None:
        self._config = config
        self._network_lock = threading.Lock()
        self._list = ContainerList(self._fetch, config.clocks.poll_seconds * LIST_SHARE)

    @cached_property
    def client(self) -> docker.DockerClient:
        """The Docker SDK's client. Raises DockerUnavailableError."""
        client = connect()
        client.api.hooks["response"].append(self._list.notice)
        return client

    def close(self) -> None:
        """Close the connections to the engine; the next use opens new ones."""
        if client := vars(self).pop("client", None):
            client.close()

    def labels(self, role: str, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        return {LABEL: self._config.name, ROLE_LABEL: role, **(extra or {})}

    def containers(self, role: str | None = None, labels: Mapping[str, str] | None = None) -> list[Container]:
        """List containers of this cloud in any state.

        Name, labels and status are known; `reload()` on a container reads the rest.
        """
        return [self.client.containers.prepare_model(_as_inspected(one)) for one in self.summaries(role, labels)]

    def summaries(self, role: str | None = None, labels: Mapping[str, str] | None = None) -> list[Summary]:
        """The same containers, as Docker's list has them."""
        wanted = {**({ROLE_LABEL: role} if role else {}), **(labels or {})}.items()
        return [one for one in self._list.read() if wanted <= one["Labels"].items()]

    def _fetch(self) -> list[Summary]:
        return list(self.client.api.containers(all=True, filters={"label": self._own_label}))

    def container(self, suffix: str) -> Container | None:
        try:
            return self.client.containers.get(self._config.object_name(suffix))
        except NotFound:
            return None

    def create(
        self, suffix: str, image: str, role: str, *, labels: Mapping[str, str] | None = None, **options: Any
    ) -> Container:
        """Create the container `<cloud>-<suffix>` without starting it. An existing one of that name is removed first.

        It joins the cloud's network unless `network` or `network_mode` is given. `options` are the Docker SDK's.
        """
        self.remove(suffix)
        if "network" not in options and "network_mode" not in options:
            options["network"] = self.network().name
        return self.client.containers.create(
            image, name=self._config.object_name(suffix), labels=self.labels(role, labels), **options
        )

    def run(
        self, suffix: str, image: str, role: str, *, labels: Mapping[str, str] | None = None, **options: Any
    ) -> Container:
        container = self.create(suffix, image, role, labels=labels, **options)
        container.start()
        return container

    def remove(self, suffix: str) -> None:
        """Kill and remove the container `<cloud>-<suffix>`, if it exists."""
        container = self.container(suffix)
        if container is not None:
            remove_container(container)

    def volume(self, suffix: str, role: str) -> str:
        """Create the volume `<cloud>-<suffix>` if it is missing, and return its name."""
        name = self._config.object_name(suffix)
        self.client.volumes.create(name, labels=self.labels(role))
        return name

    def volumes(self, role: str) -> list[Volume]:
        return list(
            self.client.volumes.list(filters={"label": [f"{key}={value}" for key, value in self.labels(role).items()]})
        )

    def remove_volume(self, suffix: str) -> None:
        with contextlib.suppress(NotFound):
            self.client.volumes.get(self._config.object_name(suffix)).remove(force=True)

    def network(self) -> Network:
        """Return the bridge network that stands for the VPC; it is created if it is missing."""
        with self._network_lock:
            found = self.client.networks.list(names=[self._config.network_name], filters={"label": self._own_label})
            # Docker's filter also matches parts of names.
            for network in found:
                if network.name == self._config.network_name:
                    return network
            return create_network(self.client, self._config, self.labels("network"))

    @property
    def gateway(self) -> str:
        """IP address of the host on the network."""
        return str(self._addresses()["Gateway"])

    @property
    def address_range(self) -> str:
        """The network's range (CIDR): `vpc_cidr` of the configuration, or Docker's choice."""
        return str(self._addresses()["Subnet"])

    def _addresses(self) -> dict[str, str]:
        network = self.network()
        network.reload()
        addresses: dict[str, str] = network.attrs["IPAM"]["Config"][0]
        return addresses

    @property
    def _own_label(self) -> str:
        return f"{LABEL}={self._config.name}"


def _as_inspected(summary: Summary) -> dict[str, Any]:
    """An entry of Docker's list with the keys that the SDK's properties read."""
    return {**summary, "Config": {"Labels": summary["Labels"]}, "Name": summary["Names"][0]}


def remove_container(container: Container) -> None:
    """Kill and remove a container with its unnamed volumes, if it still exists."""
    for attempt in range(1, REMOVE_ATTEMPTS + 1):
        try:
            container.remove(force=True, v=True)
        except NotFound:
            return
        except APIError as error:
            # Another removal is in progress.
            if error.status_code == CONFLICT:
                return
            # On a busy machine the engine gives up before the killed container has stopped.
            if not error.is_server_error() or attempt == REMOVE_ATTEMPTS:
                raise
        else:
            return


def put_files(container: Container, folder: str, files: Mapping[str, tuple[str, int]]) -> None:
    """Write files (name -> text and mode) to a folder of a created or running container.

    They belong to root; a missing folder is created. Their content does not appear in `docker inspect`.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, (text, mode) in files.items():
            content = text.encode()
            entry = tarfile.TarInfo(f"{folder.strip('/')}/{name}")
            entry.size, entry.mode, entry.mtime = len(content), mode, int(time.time())
            archive.addfile(entry, io.BytesIO(content))
    container.put_archive("/", buffer.getvalue())
