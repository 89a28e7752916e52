"""The Docker network that stands for the VPC."""

import ipaddress
import logging
from collections.abc import Iterator, Mapping

import docker
from docker.errors import APIError
from docker.models.networks import Network
from docker.types import IPAMConfig, IPAMPool

from embedded_cloud.config import CloudConfig

logger = logging.getLogger(__name__)


def create_network(client: docker.DockerClient, config: CloudConfig, labels: Mapping[str, str]) -> Network:
    """Create the network with the VPC's address range, or with Docker's choice if Docker refuses that range.

    The packet filter gives interfaces their addresses, which Docker allows where the range was asked for.
    """
    for pool in _address_pools(config):
        try:
            network = client.networks.create(config.network_name, driver="bridge", labels=dict(labels), ipam=pool)
        except APIError as error:
            if pool is None:
                raise
            logger.warning(
                "network: Docker refuses the range %s (%s) and chooses another one; the load balancer's address is not "
                "in a VPC with that range",
                config.vpc_cidr,
                error.explanation,
            )
        else:
            return network if pool or not config.packet_filter else _again(client, network, labels)
    raise AssertionError("the last pool is Docker's own choice")


def _again(client: docker.DockerClient, network: Network, labels: Mapping[str, str]) -> Network:
    """Create the network again, with the range that Docker has chosen."""
    network.reload()
    chosen = network.attrs["IPAM"]["Config"][0]
    network.remove()
    pool = IPAMConfig(pool_configs=[IPAMPool(subnet=chosen["Subnet"], gateway=chosen["Gateway"])])
    return client.networks.create(network.name, driver="bridge", labels=dict(labels), ipam=pool)


def _address_pools(config: CloudConfig) -> Iterator[IPAMConfig | None]:
    if config.vpc_cidr:
        subnet = ipaddress.ip_network(config.vpc_cidr)
        # Docker reports no gateway unless one is given.
        yield IPAMConfig(pool_configs=[IPAMPool(subnet=str(subnet), gateway=str(subnet[1]))])
    yield None
