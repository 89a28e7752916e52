"""Containers that hold the network namespace of one interface, so that its rules are there before the program is."""

import hashlib
import ipaddress
import itertools
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from docker.errors import APIError
from docker.models.containers import Container
from docker.types import EndpointConfig

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.agents.ecs.tasks.containers import CONTAINER_LABEL, PAUSE, TASK_LABEL
from embedded_cloud.agents.ecs.tasks.containers import ROLE as TASK_ROLE
from embedded_cloud.agents.vpc.reading import block_of, task_key
from embedded_cloud.containers.docker_host import ROLE_LABEL, DockerHost

logger = logging.getLogger(__name__)

ROLE = "network-interface"
KEY_LABEL = "embedded-cloud.interface"
FILTER_LABEL = "embedded-cloud.packet-filter"
"""Of the containers that hold a task's network: `on` where it has rules."""
NOBODY = "65534:65534"
ATTEMPTS = 3
"""Addresses that are tried before Docker chooses one."""
RESERVED = 4
"""First addresses of a subnet, which AWS keeps (Amazon VPC User Guide, "Subnet sizing for IPv4")."""


def namespace_options(*, filters: bool) -> dict[str, Any]:
    """Options of a container that holds a network namespace, and may write its rules if it filters.

    NET_ADMIN reaches no further than this namespace, and containers that join it do not get it.
    """
    return {
        "entrypoint": ["sleep", "infinity"],
        "command": [],
        # Docker gives a capability to root only.
        "user": "root" if filters else NOBODY,
        "read_only": True,
        "cap_drop": ["ALL"],
        "cap_add": ["NET_ADMIN"] if filters else [],
        "security_opt": ["no-new-privileges:true"],
        "mem_limit": "32m" if filters else "16m",
        "healthcheck": {"test": ["NONE"]},
    }


def holders(docker: DockerHost, network: str) -> dict[str, tuple[str, str]]:
    """Return container and address of each interface that runs, by its key."""
    found = {}
    for summary in docker.summaries():
        key = _key(summary["Labels"])
        address = summary["NetworkSettings"]["Networks"].get(network, {}).get("IPAddress")
        if key and address and summary["State"] == "running":
            found[key] = (str(summary["Id"]), str(address))
    return found


def _key(labels: Mapping[str, str]) -> str:
    if is_pause(labels) and labels.get(FILTER_LABEL) == "on":
        return task_key(labels[TASK_LABEL])
    return labels.get(KEY_LABEL, "")


def is_pause(labels: Mapping[str, str]) -> bool:
    """Whether these are the labels of a container that holds a task's network."""
    return labels.get(ROLE_LABEL) == TASK_ROLE and labels.get(CONTAINER_LABEL) == PAUSE


def connect(
    context: CloudContext, key: str, *, aliases: Sequence[str] = (), ports: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return Docker's options for a container at this interface, which is created if it is missing.

    The rules are there when this returns. Without the packet filter the container joins the network itself.
    A new interface has another id, so containers at the former one are outdated.
    """
    docker = context.docker
    if not context.config.packet_filter:
        network = docker.network().name
        options: dict[str, Any] = {"network": network}
        if aliases:
            options["networking_config"] = {network: _endpoint(docker, aliases)}
        return {**options, **({"ports": ports} if ports else {})}
    found = holders(docker, context.config.network_name).get(key)
    suffix = f"interface-{hashlib.sha256(key.encode()).hexdigest()[:10]}"
    identifier = (
        found[0] if found else start(context, key, suffix, ROLE, {KEY_LABEL: key}, aliases=aliases, ports=ports).id
    )
    # An interface that is there already may have no rules: an earlier attempt failed before it wrote them.
    context.filter_packets()
    return {"network_mode": f"container:{identifier}"}


def start(
    context: CloudContext,
    key: str,
    suffix: str,
    role: str,
    labels: Mapping[str, str],
    *,
    aliases: Sequence[str] = (),
    ports: Mapping[str, Any] | None = None,
) -> Container:
    """Start the container that holds an interface, at an address of its subnet if Docker's network has that."""
    docker, image = context.docker, context.config.images["interface"]
    options = {**namespace_options(filters=True), **({"ports": ports} if ports else {})}
    with context.lock:
        block = block_of(context, key)
    for address in (*free_addresses(docker, block, key), ""):
        network = docker.network().name
        options |= {"network": network, "networking_config": {network: _endpoint(docker, aliases, address)}}
        container = docker.create(suffix, image, role, labels=labels, **options)
        try:
            container.start()
        except APIError as error:
            if not address:
                raise
            logger.info("vpc: Docker refuses the address %s (%s)", address, error.explanation)
        else:
            return container
    raise AssertionError("the last attempt leaves the choice to Docker")


def _endpoint(docker: DockerHost, aliases: Sequence[str], address: str = "") -> Any:
    return EndpointConfig(
        version=docker.client.api._version, aliases=list(aliases) or None, ipv4_address=address or None
    )


def free_addresses(docker: DockerHost, block: str, key: str) -> list[str]:
    """Return addresses of a subnet that no container has; none where the subnet is not on Docker's network.

    The key decides where the search begins, so that no interface gets the address that another one has just left.
    """
    if not block:
        return []
    subnet, whole = ipaddress.IPv4Network(block), ipaddress.IPv4Network(docker.address_range)
    if not subnet.subnet_of(whole):
        return []
    networks = [one for summary in docker.summaries() for one in summary["NetworkSettings"]["Networks"].values()]
    taken = {one.get("IPAddress") for one in networks}
    usable = subnet.num_addresses - RESERVED - 1
    first = int(hashlib.sha256(key.encode()).hexdigest(), 16)
    candidates = (str(subnet[RESERVED + (first + number) % usable]) for number in range(usable))
    return list(itertools.islice((one for one in candidates if one not in taken), ATTEMPTS))
