"""ElastiCache: replication groups."""

from typing import Any

from embedded_cloud.emulation import Emulation
from embedded_cloud.providers.aws.elasticache.groups import PARAMETERS, SUBNETS
from embedded_cloud.providers.aws.elasticache.users import USER_GROUP
from embedded_cloud.providers.aws.references import KMS_KEY, SECURITY_GROUP
from embedded_cloud.providers.aws.tagging import CACHE_TAGS
from embedded_cloud.providers.call import Call, capitals, pick, report
from embedded_cloud.providers.entry import AutoName, ResourceType
from embedded_cloud.providers.failures import is_missing
from embedded_cloud.providers.values import Values

SECONDS = 60 * 60
"""pulumi-aws's default timeout for a replication group."""

_SHARED = {
    **capitals("automaticFailoverEnabled engineVersion securityGroupIds snapshotRetentionLimit snapshotWindow"),
    **capitals("autoMinorVersionUpgrade transitEncryptionMode"),
    "description": "ReplicationGroupDescription",
    "nodeType": "CacheNodeType",
    "multiAzEnabled": "MultiAZEnabled",
    "parameterGroupName": "CacheParameterGroupName",
    "maintenanceWindow": "PreferredMaintenanceWindow",
}
"""Inputs of CreateReplicationGroup and of ModifyReplicationGroup."""
_AT_CREATION = {
    **capitals("replicationGroupId engine numCacheClusters port atRestEncryptionEnabled transitEncryptionEnabled"),
    **capitals("kmsKeyId userGroupIds"),
    "subnetGroupName": "CacheSubnetGroupName",
}
_REPORTED = {
    **capitals("replicationGroupId engine snapshotRetentionLimit snapshotWindow userGroupIds kmsKeyId"),
    **capitals("atRestEncryptionEnabled transitEncryptionEnabled memberClusters"),
    "description": "Description",
    "nodeType": "CacheNodeType",
    "arn": "ARN",
}


def _create(call: Call) -> str:
    call.aws("elasticache").create_replication_group(**pick(call.inputs, **_SHARED, **_AT_CREATION))
    return str(call.inputs["replicationGroupId"])


def _find(call: Call) -> dict[str, Any] | None:
    try:
        (found,) = call.aws("elasticache").describe_replication_groups(ReplicationGroupId=call.id)["ReplicationGroups"]
    except call.aws("elasticache").exceptions.ClientError as error:
        if is_missing(error):
            return None
        raise
    return dict(found)


def _read(call: Call) -> Values | None:
    found = _find(call)
    if found is None or found["Status"] == "deleting":
        return None
    (node,) = found["NodeGroups"]
    address = node["PrimaryEndpoint"]["Address"]
    return {
        **report(found, **_REPORTED),
        "snapshotRetentionLimit": found.get("SnapshotRetentionLimit", 0),
        "automaticFailoverEnabled": found.get("AutomaticFailover") == "enabled",
        "multiAzEnabled": found.get("MultiAZ") == "enabled",
        "numCacheClusters": len(found["MemberClusters"]),
        "port": node["PrimaryEndpoint"]["Port"],
        "primaryEndpointAddress": address,
        # The reader endpoint leads to replicas, which do not run here.
        "readerEndpointAddress": address,
    }


def _update(call: Call) -> None:
    cache, group = call.aws("elasticache"), {"ReplicationGroupId": call.id, "ApplyImmediately": True}
    changed = {key: value for key, value in call.inputs.items() if call.changed(key)}
    parameters = pick(changed, **_SHARED)
    before, after = (set(one.get("userGroupIds") or []) for one in (call.old_inputs, call.inputs))
    if before != after:
        parameters |= {"UserGroupIdsToAdd": sorted(after - before), "UserGroupIdsToRemove": sorted(before - after)}
    nodes = call.inputs.get("numCacheClusters", 1) - call.old_inputs.get("numCacheClusters", 1)
    replicas = {**group, "NewReplicaCount": call.inputs.get("numCacheClusters", 1) - 1}
    # Failover needs a replica before it is switched on, and until it is off.
    if nodes > 0:
        cache.increase_replica_count(**replicas)
    if parameters:
        cache.modify_replication_group(**group, **parameters)
    if nodes < 0:
        cache.decrease_replica_count(**replicas)


def _ready(call: Call) -> None:
    what = f"replication group {call.id} available"
    call.wait_for(lambda: (_find(call) or {}).get("Status") == "available", what, SECONDS)


def _delete(call: Call) -> None:
    if (found := _find(call)) is None:
        return
    if found["Status"] != "deleting":
        call.aws("elasticache").delete_replication_group(ReplicationGroupId=call.id)
    call.wait_for(lambda: _find(call) is None, f"replication group {call.id} deleted", SECONDS)


EMULATION = Emulation(
    service="Amazon ElastiCache",
    types="aws:elasticache/",
    acts=("Valkey in a container of 64 MB, with TLS, users and parameters as declared",),
    stored=("replicas and snapshots",),
)

RESOURCES = (
    ResourceType(
        "aws:elasticache/replicationGroup:ReplicationGroup",
        create=_create,
        read=_read,
        update=_update,
        ready=_ready,
        delete=_delete,
        reported="replicationGroupId engine nodeType description numCacheClusters automaticFailoverEnabled "
        "multiAzEnabled port atRestEncryptionEnabled transitEncryptionEnabled kmsKeyId userGroupIds "
        "snapshotRetentionLimit snapshotWindow",
        unreported="engineVersion parameterGroupName subnetGroupName securityGroupIds maintenanceWindow "
        "autoMinorVersionUpgrade transitEncryptionMode applyImmediately",
        replaces="replicationGroupId engine port subnetGroupName atRestEncryptionEnabled kmsKeyId",
        name=AutoName("replicationGroupId", max_length=40, lower=True),
        tags=CACHE_TAGS,
        references={
            "subnetGroupName": SUBNETS,
            "parameterGroupName": PARAMETERS,
            "securityGroupIds": SECURITY_GROUP,
            "kmsKeyId": KMS_KEY,
            "userGroupIds": USER_GROUP,
        },
        unordered="securityGroupIds userGroupIds",
        effect="its primary node runs as a Valkey container; replicas are described only",
    ),
)
