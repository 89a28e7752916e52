"""Encryption key, log groups, VPC, security groups and VPC endpoints."""

from typing import NamedTuple

from infra.data.cache_urls import PORT as CACHE_PORT
from infra.data.database_urls import PORT as DATABASE_PORT
from infra.ecs.containers import PROXY_PORT
from infra.foundation.kms import EncryptionKey, EncryptionKeyArgs
from infra.foundation.log_groups import LogGroups, LogGroupsArgs
from infra.foundation.network import Network, NetworkArgs
from infra.foundation.security_groups import SecurityGroups, SecurityGroupsArgs
from infra.foundation.vpc_endpoints import VpcEndpoints, VpcEndpointsArgs
from infra.observability.alarms import PUBLISHERS
from infra.settings.settings import Settings


class Foundation(NamedTuple):
    """What all other parts need."""

    key: EncryptionKey
    logs: LogGroups
    network: Network
    security_groups: SecurityGroups
    endpoints: VpcEndpoints | None
    """With `egress: endpoints` only."""


def declare_foundation(settings: Settings) -> Foundation:
    """Declare the foundation of the stack."""
    key = EncryptionKey(
        "key",
        EncryptionKeyArgs(
            region=settings.region,
            publishers=PUBLISHERS,
            protect=settings.protect,
            outlives_stack=settings.database_final_snapshot,
        ),
    )
    logs = LogGroups(
        "logs", LogGroupsArgs(key_arn=key.key_arn, retention_days=settings.log_days, protect=settings.protect)
    )
    network = _network(settings, logs)
    security_groups = _security_groups(settings, network)
    return Foundation(key, logs, network, security_groups, _vpc_endpoints(settings, network, security_groups))


def _network(settings: Settings, logs: LogGroups) -> Network:
    args = NetworkArgs(
        vpc_cidr=settings.vpc_cidr,
        egress=settings.egress,
        region=settings.region,
        flow_log_group_arn=logs.flow_log_group_arn,
        protect=settings.protect,
    )
    return Network("network", args)


def _security_groups(settings: Settings, network: Network) -> SecurityGroups:
    args = SecurityGroupsArgs(
        vpc_id=network.vpc_id,
        task_port=PROXY_PORT,
        database_port=DATABASE_PORT,
        cache_port=CACHE_PORT if settings.has_cache else None,
        egress=settings.egress,
        internet_ports=settings.internet_ports,
        s3_prefix_list_id=network.s3_prefix_list_id,
    )
    return SecurityGroups("firewall", args)


def _vpc_endpoints(settings: Settings, network: Network, security_groups: SecurityGroups) -> VpcEndpoints | None:
    if security_groups.endpoint_group_id is None:
        return None
    args = VpcEndpointsArgs(
        vpc_id=network.vpc_id,
        subnet_ids=network.task_subnet_ids,
        security_group_id=security_groups.endpoint_group_id,
        region=settings.region,
    )
    return VpcEndpoints("endpoints", args)
