"""The EC2 instance that serves, from outside and from inside."""

import json
from typing import Any

import httpx

from tests.e2e.checkout import Checkout
from tests.e2e.containers import docker, running


class Instance:
    """Whichever instance has the site's address when it is asked."""

    def __init__(self, checkout: Checkout) -> None:
        self._checkout = checkout

    @property
    def id(self) -> str:
        """The instance that the Elastic IP leads to; empty while there is none."""
        (address,) = self._checkout.aws("ec2").describe_addresses()["Addresses"]
        return str(address.get("InstanceId", ""))

    @property
    def container(self) -> str:
        """Of Docker, that stands for it."""
        (found,) = running(self._checkout, f"label=preqly.instance={self.id}")
        return found

    def inside(self, *command: str) -> str:
        """Standard output of a command on the machine. Raises CalledProcessError."""
        return docker("exec", self.container, *command)

    def shell(self, script: str) -> str:
        """The same of a shell."""
        return self.inside("sh", "-c", script)

    def service(self, name: str) -> str:
        """The container of a service in the slot that serves: the newest one."""
        return self.inside("docker", "ps", "--quiet", "--filter", f"label=com.docker.compose.service={name}").split()[0]

    def inspected(self) -> list[dict[str, Any]]:
        """`docker inspect` of every container on the machine."""
        found: list[dict[str, Any]] = json.loads(self.shell("docker inspect $(docker ps --all --quiet)"))
        return found

    def started(self) -> dict[str, str]:
        """When each service of the slot was started last."""
        return {
            one["Config"]["Labels"]["com.docker.compose.service"]: one["State"]["StartedAt"] for one in self.inspected()
        }

    def kill(self, service: str) -> None:
        """As the kernel would: Docker's own `kill` means that it is not to be restarted."""
        self.shell(f"kill -9 $(docker inspect --format '{{{{.State.Pid}}}}' {self.service(service)})")

    def answers(self) -> bool:
        """Whether the site does, once."""
        try:
            with self._checkout.browser() as browser:
                return browser.get("/api/movies/1").status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False
