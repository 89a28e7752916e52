"""A sandbox: containers to measure on a network of their own, all removed at its end."""

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import docker
import httpx

from embedded_cloud.containers.docker_host import remove_container
from local.runtime import ROOT, OperatorError

LABEL = "preqly.bench"
HARDENED: Mapping[str, Any] = {
    "read_only": True,
    "tmpfs": {"/tmp": "mode=1777"},  # noqa: S108 - inside the container
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
    "user": "10001:10001",
}
"""Options with which the task definition runs our images."""
DATABASE_URL = "postgres://preqly:onlyforthebench1@db:5432/preqly"
APPLICATION = {
    "ALLOWED_HOSTS": "localhost",
    "SECRET_KEY": "only-for-the-bench-0123456789-abcdefghijklmnopqrstuvwxyz",
    "DATABASE_URL": DATABASE_URL,
    # The bench sends plain HTTP.
    "SSL_REDIRECT": "false",
}
"""Variables that the application requires behind every server."""


class Sandbox:
    """Starts containers and removes them."""

    def __init__(self) -> None:
        self.name = f"preqly-bench-{uuid.uuid4().hex[:8]}"
        self.docker = docker.from_env()
        self._labels = {LABEL: self.name}

    def run(self, image: str, **options: Any) -> Any:
        """Start a container in the background. Options of Docker's SDK; `alias` is its name on the network."""
        alias = options.pop("alias", None)
        if "network_mode" not in options:
            configuration = {"aliases": [alias]} if alias else {}
            options |= {"network": self.name, "networking_config": {self.name: _endpoint(configuration)}}
        return self.docker.containers.run(image, detach=True, labels=self._labels, **options)

    def volume(self, suffix: str) -> str:
        """Create an empty volume and return its name."""
        name = f"{self.name}-{suffix}"
        self.docker.volumes.create(name, labels=self._labels)
        return name

    def address(self, container: Any) -> str:
        """IP address of a container on the sandbox's network."""
        container.reload()
        return str(container.attrs["NetworkSettings"]["Networks"][self.name]["IPAddress"])

    def start_database(self, image: str, folder: Path, **options: Any) -> Any:
        """Start PostgreSQL under the name db; it accepts connections when this returns."""
        secret = folder / "database_url"
        secret.write_text(DATABASE_URL)
        files = {str(ROOT / "docker/bin/start-db"): "/start-db", str(secret): "/run/secrets/database_url"}
        database = self.run(
            image,
            alias="db",
            user="postgres",
            entrypoint=["sh", "/start-db"],
            command=[],
            environment={"PGDATA": "/var/lib/postgresql/17"},
            volumes=[f"{source}:{inside}:ro" for source, inside in files.items()] + ["/var/lib/postgresql"],
            **options,
        )
        until(
            lambda: database.exec_run(["sh", "/start-db", "healthy"]).exit_code == 0,
            60,
            lambda: f"PostgreSQL does not start:\n{_log(database)}",
        )
        return database

    def once(self, image: str, command: Sequence[str], **options: Any) -> str:
        """Run a command to its end and return its output. Raises OperatorError unless it exits with 0."""
        container = self.run(image, entrypoint=[], command=list(command), **{"environment": APPLICATION, **options})
        code = container.wait()["StatusCode"]
        output = str(container.logs(stderr=bool(code)).decode(errors="replace"))
        container.remove()
        if code:
            raise OperatorError(f"{image}: {' '.join(command)} exited with {code}:\n{output[-2000:]}")
        return output

    def remove(self) -> None:
        """Remove containers, volumes and network."""
        own = {"label": f"{LABEL}={self.name}"}
        for container in self.docker.containers.list(all=True, filters=own):
            retry(partial(remove_container, container))
        for volume in self.docker.volumes.list(filters=own):
            volume.remove(force=True)
        for network in self.docker.networks.list(filters=own):
            network.remove()
        self.docker.close()


@contextmanager
def open_sandbox() -> Iterator[Sandbox]:
    """A sandbox that is removed at the end of the block."""
    sandbox = Sandbox()
    try:
        sandbox.docker.networks.create(sandbox.name, labels={LABEL: sandbox.name})
        yield sandbox
    finally:
        sandbox.remove()


def cpu_seconds(containers: Sequence[Any]) -> float:
    """User and system time of all processes of the containers so far, from their control groups."""
    readings = [one.client.api.stats(one.id, stream=False, one_shot=True) for one in containers]
    return sum(int(reading["cpu_stats"]["cpu_usage"]["total_usage"]) for reading in readings) / 1e9


def answers(url: str) -> bool:
    """Whether a GET answers 200."""
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(url, headers={"Host": "localhost"}, timeout=5, trust_env=False).status_code == 200
    return False


def until(condition: Callable[[], bool], seconds: float, explain: Callable[[], object], pause: float = 0.1) -> None:
    """Wait for a condition. Raises OperatorError with the explanation when it takes longer than `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise OperatorError(f"not within {seconds:.0f} s: {explain()}")
        time.sleep(pause)


def retry(action: Callable[[], object], times: int = 5, pause: float = 2.0) -> None:
    """Repeat an action that Docker refuses on an overloaded machine; raises the error of the last attempt."""
    for left in reversed(range(times)):
        try:
            action()
        except docker.errors.APIError:
            if not left:
                raise
            time.sleep(pause)
        else:
            return


def _endpoint(configuration: Mapping[str, Any]) -> Any:
    return docker.types.EndpointConfig(version="1.41", **configuration)


def _log(container: Any) -> str:
    return str(container.logs(tail=20).decode(errors="replace"))
