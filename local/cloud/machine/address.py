"""The Elastic IP: this machine's ports 80 and 443 lead to the instance that the address is associated with."""

import hashlib

from docker.models.containers import Container

from local.cloud.containers import put_files, remove_container
from local.cloud.context import CloudContext

ROLE = "elastic-ip"
INSTANCE_LABEL = "preqly.elastic-ip.instance"
CONFIGURATION = "/usr/local/etc/haproxy/haproxy.cfg"


class ElasticIp:
    """An HAProxy that passes connections on; TLS is the instance's."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._loaded = ""

    def lead_to(self, instance_address: str | None) -> None:
        """Bring the container to this address; None takes it away. Open connections stay where they are."""
        found = self._context.docker.containers(ROLE)
        if instance_address is None:
            for container in found:
                remove_container(container)
            self._loaded = ""
            return
        container = found[0] if found else self._create()
        text = configuration(instance_address, self._context.config.https_port)
        digest = hashlib.sha256(text.encode()).hexdigest()
        if container.status == "running" and digest == self._loaded:
            return
        folder, _, name = CONFIGURATION.rpartition("/")
        put_files(container, folder, {name: (text, 0o644)})
        if container.status == "running":
            container.kill(signal="SIGUSR2")
        else:
            container.start()
        self._loaded = digest

    def _create(self) -> Container:
        config = self._context.config
        return self._context.docker.create(
            "elastic-ip",
            config.images["haproxy"],
            ROLE,
            entrypoint=["haproxy"],
            command=["-W", "-f", CONFIGURATION],
            user="root",
            ports={"80/tcp": ("127.0.0.1", config.http_port), "443/tcp": ("127.0.0.1", config.https_port)},
            cap_drop=["ALL"],
            cap_add=["KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"],
            security_opt=["no-new-privileges:true"],
            mem_limit="256m",
        )


def configuration(address: str, https_port: int) -> str:
    """HAProxy's: HTTPS as it comes; in HTTP's redirects the port that stands for 443 here."""
    return f"""global
    user haproxy
    group haproxy
    maxconn 4000
    hard-stop-after 60s

defaults
    timeout connect 5s
    timeout client 1h
    timeout server 1h

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
