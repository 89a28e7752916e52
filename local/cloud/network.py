"""The bridge network that stands for the VPC."""

import ipaddress
import logging
from collections.abc import Iterator, Mapping

import docker
from docker.errors import APIError
from docker.models.networks import Network
from docker.types import IPAMConfig, IPAMPool

from local.cloud.config import CloudConfig

logger = logging.getLogger("preqly.cloud")


def create_network(client: docker.DockerClient, config: CloudConfig, labels: Mapping[str, str]) -> Network:
    """Make it with the VPC's own addresses, or with Docker's choice where Docker refuses those."""
    for pool in _address_pools(config):
        try:
            return client.networks.create(config.network_name, driver="bridge", labels=dict(labels), ipam=pool)
        except APIError as error:
            if pool is None:
                raise
            logger.warning(
                "network: Docker refuses %s (%s); it chooses a range itself", config.vpc_cidr, error.explanation
            )
    raise AssertionError("the last pool is Docker's own choice")


def _address_pools(config: CloudConfig) -> Iterator[IPAMConfig | None]:
    if config.vpc_cidr:
        subnet = ipaddress.ip_network(config.vpc_cidr)
        # Without a named gateway Docker reports none, and the host's address would have to be guessed.
        yield IPAMConfig(pool_configs=[IPAMPool(subnet=str(subnet), gateway=str(subnet[1]))])
    yield None
