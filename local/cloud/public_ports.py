"""This machine's ports that stand for 80 and 443 of the site: one HAProxy publishes them and outlives who has them.

A load balancer and an Elastic IP may both want them, while a site moves from one to the other. Whoever the site's DNS
record leads to has them; the other one's configuration is taken away by a reload, which keeps every connection.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from docker.models.containers import Container

from local.cloud.containers import put_files, remove_container
from local.cloud.context import CloudContext

ROLE = "public-ports"
SPECIFICATION_LABEL = "preqly.public-ports.specification"
CONFIGURATION = "/usr/local/etc/haproxy/haproxy.cfg"


def holder(context: CloudContext) -> str:
    """ARN of the load balancer, or the Elastic IP, that has the ports; empty when there is neither. Hold the lock."""
    elb, ec2 = context.backend("elbv2"), context.backend("ec2")
    balancers = {str(one.arn): _bare(one.dns_name) for one in elb.load_balancers.values() if one.type == "application"}
    names = balancers | {str(one.public_ip): str(one.public_ip) for one in ec2.addresses}
    records = list(_led_to(context.backend("route53", "aws")))
    votes = {candidate: records.count(name) for candidate, name in names.items()}
    if any(votes.values()):
        return max(votes, key=lambda candidate: votes[candidate])
    # Nobody's record: tests, and the minutes before a site has its names.
    in_use = (str(one.public_ip) for one in ec2.addresses if one.instance is not None)
    return next(iter([*balancers, *in_use]), "")


def _led_to(route53: Any) -> Iterator[str]:
    """What each A record of the account leads to: addresses, and names of aliases."""
    for zone in route53.zones.values():
        for record in zone.rrsets:
            if record.type == "A":
                yield from record.records or ()
                if record.alias_target:
                    yield _bare(record.alias_target["DNSName"])


def _bare(name: str) -> str:
    return name.lower().removesuffix(".").removeprefix("dualstack.")


class PublicPorts:
    """The container. Of two agents that use it, only the holder's may; hold `context.public_ports` meanwhile."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context

    def container(self) -> Container:
        """In whatever state it is; made when there is none, and anew for another image or other ports."""
        found = self._containers()
        fitting = [one for one in found if one.labels.get(SPECIFICATION_LABEL) == self._specification()]
        for container in found:
            if container not in fitting[:1]:
                remove_container(container)
        return fitting[0] if fitting else self._create()

    def remove(self) -> None:
        """Nobody has the ports any more."""
        for container in self._containers():
            remove_container(container)

    def _containers(self) -> list[Container]:
        return self._context.docker.containers(ROLE)

    def _create(self) -> Container:
        config = self._context.config
        for container in self._context.docker.containers():
            # Of an earlier version of the embedded cloud, under another name.
            if {config.http_port, config.https_port} & {port.get("PublicPort") for port in container.attrs["Ports"]}:
                remove_container(container)
        return self._context.docker.create(
            ROLE,
            config.images["haproxy"],
            ROLE,
            labels={SPECIFICATION_LABEL: self._specification()},
            entrypoint=["haproxy"],
            command=["-W", "-f", CONFIGURATION],
            user="root",
            ports={"80/tcp": ("127.0.0.1", config.http_port), "443/tcp": ("127.0.0.1", config.https_port)},
            cap_drop=["ALL"],
            # The master drops its workers to another user, and signals them.
            cap_add=["KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"],
            security_opt=["no-new-privileges:true"],
            mem_limit="256m",
        )

    def _specification(self) -> str:
        config = self._context.config
        parts = (config.images["haproxy"], config.http_port, config.https_port)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def load(container: Container, files: Mapping[str, str], private: Iterable[str] = ()) -> None:
    """Give HAProxy its files (path to text) and let it read them: a reload keeps every connection.

    Files of the folders in `private` are their owner's alone. Raises RuntimeError when HAProxy refuses them.
    """
    for path, text in files.items():
        folder, _, name = path.rpartition("/")
        put_files(container, folder, {name: (text, 0o600 if folder in private else 0o644)})
    if container.status != "running":
        container.start()
        return
    code, output = container.exec_run(["haproxy", "-c", "-f", CONFIGURATION])
    if code != 0:
        raise RuntimeError(f"HAProxy refuses its configuration: {output.decode(errors='replace').strip()}")
    container.kill(signal="SIGUSR2")
