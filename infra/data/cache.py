"""Cache and broker: one private replication group of ElastiCache for Valkey, cluster mode off."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import naming
from infra.data.cache_urls import DATABASES, PORT, cache_url

ENGINE, VERSION, FAMILY = "valkey", "8.1", "valkey8"
PARAMETERS = {
    # Evicts keys with an expiry only: cached values and results. Queues of jobs have none. When nothing else is left,
    # the server refuses writes (valkey.io/topics/lru-cache).
    "maxmemory-policy": "volatile-lru",
}
ACCESS = "on ~* &* +@all -@admin -flushall -swapdb"
"""Every key, channel and command but those that administer the server or reach both databases."""


@dataclass(frozen=True, kw_only=True)
class CacheArgs:
    """Arguments of the cache."""

    subnet_ids: pulumi.Input[list[str]]
    """Private subnets in two availability zones."""
    security_group_id: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    """Encrypts what ElastiCache writes to disk: snapshots, and the copy for a new replica."""
    node_type: str
    replicas: int
    """Copies of the node in other availability zones; with one or more, the group fails over by itself."""
    snapshot_days: int
    password: pulumi.Input[str]
    """Of this generation's user."""
    disabled_password: pulumi.Input[str]
    """Of the user `default`, which cannot log in."""
    generation: int
    """Names this generation's user. The engine deletes that of the earlier one at the end of an update, when no task
    uses it."""
    protect: bool


class Cache(pulumi.ComponentResource):
    """An encrypted Valkey server that accepts TLS and one user."""

    endpoint: pulumi.Output[str]
    """host:port"""
    node_ids: list[pulumi.Output[str]]
    """Dimension CacheClusterId of the metrics, one for each node."""
    urls: Mapping[str, pulumi.Output[str]]
    """CACHE_URL and REDIS_URL; secret. Known when the user may log in."""

    def __init__(self, name: str, args: CacheArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Cache", name, None, opts)
        users = self._user_group(name, args)
        group = self._replication_group(name, args, users)
        login = self._user(name, args, users)
        address = group.primary_endpoint_address
        self.endpoint = pulumi.Output.concat(address, f":{PORT}")
        self.node_ids = [
            pulumi.Output.concat(group.replication_group_id, f"-{number:03d}") for number in range(1, args.replicas + 2)
        ]
        self.urls = {variable: _url(address, login, args.password, number) for variable, number in DATABASES.items()}
        self.register_outputs({"endpoint": self.endpoint})

    def _replication_group(
        self, name: str, args: CacheArgs, users: aws.elasticache.UserGroup
    ) -> aws.elasticache.ReplicationGroup:
        child = pulumi.ResourceOptions(parent=self)
        parameters = aws.elasticache.ParameterGroup(
            f"{name}-parameters",
            family=FAMILY,
            description="Keys without an expiry are never evicted",
            parameters=[{"name": key, "value": value} for key, value in PARAMETERS.items()],
            opts=child,
        )
        subnets = aws.elasticache.SubnetGroup(f"{name}-subnets", subnet_ids=args.subnet_ids, opts=child)
        return aws.elasticache.ReplicationGroup(
            f"{name}-valkey",
            description="Cache and broker of the application",
            engine=ENGINE,
            engine_version=VERSION,
            auto_minor_version_upgrade=True,
            node_type=args.node_type,
            num_cache_clusters=args.replicas + 1,
            automatic_failover_enabled=args.replicas > 0,
            multi_az_enabled=args.replicas > 0,
            port=PORT,
            parameter_group_name=parameters.name,
            subnet_group_name=subnets.name,
            security_group_ids=[args.security_group_id],
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            at_rest_encryption_enabled=True,
            kms_key_id=args.key_arn,
            user_group_ids=[users.user_group_id],
            snapshot_retention_limit=args.snapshot_days,
            snapshot_window="03:00-04:00",
            maintenance_window="sun:04:30-sun:05:30",
            # Otherwise `pulumi up` succeeds while the change waits for the maintenance window.
            apply_immediately=True,
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=args.protect,
                # AWS upgrades the minor version by itself; an older one in the program would replace the group.
                ignore_changes=["engineVersion"],
            ),
        )

    def _user_group(self, name: str, args: CacheArgs) -> aws.elasticache.UserGroup:
        """The group with a `default` user that cannot log in: a connection without a user is refused."""
        default = aws.elasticache.User(
            f"{name}-default",
            user_id=_id("default"),
            user_name="default",
            engine=ENGINE,
            access_string="off -@all",
            authentication_mode={"type": "password", "passwords": [args.disabled_password]},
            opts=pulumi.ResourceOptions(parent=self),
        )
        return aws.elasticache.UserGroup(
            f"{name}-users",
            user_group_id=_id("users"),
            engine=ENGINE,
            user_ids=[default.user_id],
            # Each generation's user joins by an association.
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["userIds"]),
        )

    def _user(self, name: str, args: CacheArgs, users: aws.elasticache.UserGroup) -> pulumi.Output[str]:
        """Name of this generation's user, known when it has joined the group."""
        child = pulumi.ResourceOptions(parent=self)
        user = aws.elasticache.User(
            f"{name}-user-{args.generation}",
            user_id=_id(f"user-{args.generation}"),
            user_name=f"app-{args.generation}",
            engine=ENGINE,
            access_string=ACCESS,
            authentication_mode={"type": "password", "passwords": [args.password]},
            opts=child,
        )
        membership = aws.elasticache.UserGroupAssociation(
            f"{name}-user-{args.generation}", user_group_id=users.user_group_id, user_id=user.user_id, opts=child
        )
        return pulumi.Output.all(user.user_name, membership.id).apply(lambda known: str(known[0]))


def _id(role: str) -> str:
    return naming.cache_id(pulumi.get_project(), pulumi.get_stack(), role)


def _url(
    address: pulumi.Output[str], user: pulumi.Output[str], password: pulumi.Input[str], database: int
) -> pulumi.Output[str]:
    url = pulumi.Output.all(address, user, password).apply(
        lambda known: cache_url(known[0], known[1], known[2], database)
    )
    return pulumi.Output.secret(url)
