"""The Elastic IP: this machine's ports 80 and 443 lead to the instance that the address is associated with."""

import hashlib

from local.cloud import public_ports
from local.cloud.context import CloudContext
from local.cloud.public_ports import CONFIGURATION, PublicPorts


class ElasticIp:
    """The published HAProxy, while an Elastic IP has it: connections are passed on, TLS is the instance's."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._ports = PublicPorts(context)
        self._loaded = ""
        """Container and configuration that it was given last."""

    @property
    def leads(self) -> bool:
        """Whether it has the ports."""
        return bool(self._loaded)

    def lead_to(self, instance_address: str) -> None:
        """Bring the container to this address. Open connections stay where they are."""
        container = self._ports.container()
        text = configuration(instance_address, self._context.config.https_port)
        wanted = f"{container.id} {hashlib.sha256(text.encode()).hexdigest()}"
        if container.status != "running" or wanted != self._loaded:
            public_ports.load(container, {CONFIGURATION: text})
            self._loaded = wanted

    def lose(self) -> None:
        """Somebody else has the ports now."""
        self._loaded = ""

    def release(self) -> None:
        """Nobody has the ports any more."""
        self.lose()
        self._ports.remove()


def configuration(address: str, https_port: int) -> str:
    """HAProxy's: HTTPS as it comes; in HTTP's redirects the port that stands for 443 here."""
    return f"""global
    user haproxy
    group haproxy
    maxconn 4000
    # What is open when the address moves goes on, and outlives what resolvers remember of the site's name.
    hard-stop-after 90s

defaults
    timeout connect 5s
    timeout client 1h
    timeout server 1h
    option idle-close-on-response

frontend http
    mode http
    bind :80
    default_backend http

backend http
    mode http
    http-response replace-header Location ^https://([^:/]+)(:[0-9]+)?(/.*)?$ https://\\1:{https_port}\\3
    server instance {address}:80

frontend https
    mode tcp
    bind :443
    default_backend https

backend https
    mode tcp
    server instance {address}:443
"""
