"""ElastiCache: replication groups that wait for the agent, and changes of what moto only creates."""

from typing import Any

from moto.core.responses import ActionResult
from moto.elasticache.exceptions import (
    CacheSubnetGroupNotFound,
    InvalidParameterCombinationException,
    ReplicationGroupNotFound,
    UserNotFound,
)
from moto.elasticache.models import ElastiCacheBackend, ReplicationGroup, User
from moto.elasticache.responses import ElastiCacheResponse

from embedded_cloud.api.moto_patches.elasticache_groups import (
    OPERATIONS,
    PARAMETER_GROUPS,
    USER_GROUPS,
    changing,
    find,
    groups,
)
from embedded_cloud.api.moto_patches.replace import Method, check_before, wrap_method

_IN_PLACE = {
    "CacheNodeType": "cache_node_type",
    "CacheParameterGroupName": "cache_parameter_group_name",
    "EngineVersion": "engine_version",
    "PreferredMaintenanceWindow": "preferred_maintenance_window",
    "ReplicationGroupDescription": "description",
    "SecurityGroupIds": "security_group_ids",
    "SnapshotRetentionLimit": "snapshot_retention_limit",
    "SnapshotWindow": "snapshot_window",
    "TransitEncryptionMode": "transit_encryption_mode",
}
"""Parameters of ModifyReplicationGroup, with moto's attributes."""
_SWITCHES = {"AutomaticFailoverEnabled": "automatic_failover", "MultiAZEnabled": "multi_az"}


def apply(*, agents: bool) -> None:
    """Patch ElastiCache. Without agents, replication groups and user groups are ready, or deleted, at once."""
    wrap_method(ReplicationGroup, "__init__", _init, agents)
    check_before(ElastiCacheBackend, "create_replication_group", _check_group)
    wrap_method(ElastiCacheBackend, "delete_replication_group", _delete_group, agents)
    wrap_method(ElastiCacheBackend, "delete_user", _delete_user, agents)
    wrap_method(ElastiCacheBackend, "list_tags_for_resource", _tags)
    for operation, function in _OPERATIONS.items():
        setattr(ElastiCacheResponse, operation, _bound(function, agents))


def _init(original: Method, agents: bool, self: ReplicationGroup, *positional: Any, **named: Any) -> None:
    original(self, *positional, **named)
    if agents:
        self.status = "creating"


def _check_group(
    self: ElastiCacheBackend,
    cache_subnet_group_name: str | None,
    cache_parameter_group_name: str | None,
    user_group_ids: list[str] | None,
    transit_encryption_enabled: bool | None,
    automatic_failover_enabled: bool | None,
    num_cache_clusters: int | None,
) -> None:
    if cache_subnet_group_name and cache_subnet_group_name not in self.cache_subnet_groups:
        raise CacheSubnetGroupNotFound(cache_subnet_group_name)
    if cache_parameter_group_name and not cache_parameter_group_name.startswith("default."):
        find(self, PARAMETER_GROUPS, cache_parameter_group_name)
    for name in user_group_ids or []:
        find(self, USER_GROUPS, name)
    if user_group_ids and not transit_encryption_enabled:
        raise InvalidParameterCombinationException("User group based access control requires encryption-in-transit.")
    if automatic_failover_enabled and (num_cache_clusters or 1) < 2:
        raise InvalidParameterCombinationException(
            "Automatic failover is not supported for a replication group with fewer than 2 cache clusters."
        )


def _delete_group(
    original: Method, agents: bool, self: ElastiCacheBackend, replication_group_id: str, *others: Any, **named: Any
) -> ReplicationGroup:
    group: ReplicationGroup = original(self, replication_group_id, *others, **named)
    if not agents:
        # The agent deletes it after its container.
        del self.replication_groups[replication_group_id]
    return group


def _delete_user(_original: Method, agents: bool, self: ElastiCacheBackend, user_id: str) -> User:
    if user_id not in self.users:
        raise UserNotFound(user_id)
    for group in groups(self, USER_GROUPS).values():
        if user_id in group["UserIds"]:
            group["UserIds"].remove(user_id)
            changing(self, group, agents)
    user: User = self.users.pop(user_id)
    user.status = "deleting"
    return user


def _tags(original: Method, self: ElastiCacheBackend, arn: str) -> dict[str, Any]:
    if ":usergroup:" in arn or ":parametergroup:" in arn:
        found: dict[str, Any] = self.tagging_service.list_tags_for_resource(arn)
        return found
    return dict(original(self, arn))


def _bound(function: Any, agents: bool) -> Any:
    def operation(self: ElastiCacheResponse) -> ActionResult:
        return ActionResult(function(self.elasticache_backend, self._get_params(), agents))

    return operation


def modify_replication_group(backend: ElastiCacheBackend, params: dict[str, Any], agents: bool) -> Any:
    group = _replication_group(backend, params)
    for name, attribute in _IN_PLACE.items():
        if name in params:
            setattr(group, attribute, params[name])
    for name, attribute in _SWITCHES.items():
        if name in params:
            setattr(group, attribute, "enabled" if params[name] else "disabled")
    removed = params.get("UserGroupIdsToRemove", [])
    group.user_group_ids = [name for name in group.user_group_ids if name not in removed]
    group.user_group_ids += params.get("UserGroupIdsToAdd", [])
    if agents:
        group.status = "modifying"
    return {"ReplicationGroup": group}


def change_replicas(backend: ElastiCacheBackend, params: dict[str, Any], agents: bool) -> Any:
    """IncreaseReplicaCount and DecreaseReplicaCount."""
    group = _replication_group(backend, params)
    name, wanted = group.replication_group_id, int(params["NewReplicaCount"]) + 1
    group.member_clusters = [f"{name}-{number:03d}" for number in range(1, wanted + 1)]
    if agents:
        group.status = "modifying"
    return {"ReplicationGroup": group}


def _replication_group(backend: ElastiCacheBackend, params: dict[str, Any]) -> ReplicationGroup:
    name = params["ReplicationGroupId"]
    if name not in backend.replication_groups:
        raise ReplicationGroupNotFound(name)
    return backend.replication_groups[name]


_OPERATIONS = {
    **OPERATIONS,
    "modify_replication_group": modify_replication_group,
    "increase_replica_count": change_replicas,
    "decrease_replica_count": change_replicas,
}
