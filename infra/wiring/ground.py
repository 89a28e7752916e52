"""The ground everything stands on: the key, the logs, the network and who may talk to whom in it."""

from infra.database_urls import PORT as DATABASE_PORT
from infra.firewall import Firewall, FirewallArgs
from infra.keys import EncryptionKey, EncryptionKeyArgs
from infra.logs import Logs, LogsArgs
from infra.network import Network, NetworkArgs
from infra.settings import Settings
from infra.workload import PROXY_PORT


def key(settings: Settings) -> EncryptionKey:
    """The key for all that is kept."""
    args = EncryptionKeyArgs(
        region=settings.region, protect=settings.protect, outlives_stack=settings.database_final_snapshot
    )
    return EncryptionKey("key", args)


def logs(settings: Settings, key: EncryptionKey) -> Logs:
    """The log groups."""
    args = LogsArgs(key_arn=key.key_arn, retention_days=settings.log_days, protect=settings.protect)
    return Logs("logs", args)


def network(settings: Settings, logs: Logs) -> Network:
    """VPC, subnets and routes."""
    args = NetworkArgs(
        vpc_cidr=settings.vpc_cidr,
        egress=settings.way_out,
        region=settings.region,
        flow_log_group_arn=logs.flow_log_group_arn,
        protect=settings.protect,
    )
    return Network("network", args)


def firewall(settings: Settings, network: Network) -> Firewall:
    """Every security group."""
    args = FirewallArgs(
        vpc_id=network.vpc_id,
        task_port=PROXY_PORT,
        database_port=DATABASE_PORT,
        egress=settings.way_out,
        s3_prefix_list_id=network.s3_prefix_list_id,
    )
    return Firewall("firewall", args)
