"""Replication groups, their groups and their users, through the provider protocol."""

from typing import Any

import pytest

from support.clouds import two_subnets

GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"
SUBNETS = "aws:elasticache/subnetGroup:SubnetGroup"
PARAMETERS = "aws:elasticache/parameterGroup:ParameterGroup"
USER = "aws:elasticache/user:User"
USERS = "aws:elasticache/userGroup:UserGroup"
MEMBERSHIP = "aws:elasticache/userGroupAssociation:UserGroupAssociation"


def user(emulation: Any, identifier: str, name: str, **changes: Any) -> Any:
    mode = {"type": "password", "passwords": ["canary-of-sixteen-characters"]}
    given = {"userId": identifier, "userName": name, "engine": "valkey", "accessString": "on ~* +@all"}
    return emulation.resource(USER, identifier, **{**given, "authenticationMode": mode, **changes})


@pytest.fixture(scope="module")
def inputs(emulation: Any) -> dict[str, Any]:
    """Inputs of a replication group, never changed by a test."""
    _, ids = two_subnets(emulation.client("ec2"), "10.11")
    nobody = user(emulation, "nobody", "default", accessString="off -@all")
    users = emulation.resource(USERS, "users", userGroupId="users", engine="valkey", userIds=[nobody.id])
    parameters = [{"name": "maxmemory-policy", "value": "volatile-lru"}]
    return {
        "description": "site",
        "engine": "valkey",
        "engineVersion": "8.1",
        "nodeType": "cache.t4g.micro",
        "numCacheClusters": 1,
        "automaticFailoverEnabled": False,
        "multiAzEnabled": False,
        "port": 6379,
        "subnetGroupName": emulation.resource(SUBNETS, "Cache", subnetIds=ids).id,
        "parameterGroupName": emulation.resource(PARAMETERS, "jobs", family="valkey8", parameters=parameters).id,
        "transitEncryptionEnabled": True,
        "transitEncryptionMode": "required",
        "atRestEncryptionEnabled": True,
        "userGroupIds": [users.id],
        "snapshotRetentionLimit": 1,
        "snapshotWindow": "03:00-04:00",
        "maintenanceWindow": "sun:04:30-sun:05:30",
        "applyImmediately": True,
        "tags": {"a": "b"},
    }


def test_a_group_has_no_drift_and_is_deleted(emulation: Any, inputs: dict[str, Any]) -> None:
    group = emulation.resource(GROUP, "Fresh", **inputs)
    assert group.id.startswith("fresh-")
    assert group.state["primaryEndpointAddress"].startswith(f"master.{group.id}.")
    assert group.state["memberClusters"] == [f"{group.id}-001"]
    group.check_life()


def test_a_replica_comes_before_failover_and_goes_after_it(emulation: Any, inputs: dict[str, Any]) -> None:
    group = emulation.resource(GROUP, "grown", **inputs)
    with_replica = {**inputs, "numCacheClusters": 2, "automaticFailoverEnabled": True, "multiAzEnabled": True}
    for wanted in (with_replica, inputs):
        group.up(**wanted)
        assert group.state["automaticFailoverEnabled"] is wanted["automaticFailoverEnabled"]
        assert len(group.state["memberClusters"]) == wanted["numCacheClusters"]
        assert group.drift() == {}


@pytest.mark.parametrize(("name", "value"), [("nodeType", "cache.t4g.small"), ("snapshotRetentionLimit", 0)])
def test_what_elasticache_can_change_is_changed_in_place(
    emulation: Any, inputs: dict[str, Any], name: str, value: Any
) -> None:
    group = emulation.resource(GROUP, f"changed-{name}", **inputs)
    group.up(**{**inputs, name: value})
    assert group.state[name] == value
    assert group.drift() == {}


@pytest.mark.parametrize(("name", "value"), [("port", 6380), ("atRestEncryptionEnabled", False)])
def test_what_elasticache_cannot_change_replaces(emulation: Any, inputs: dict[str, Any], name: str, value: Any) -> None:
    group = emulation.resource(GROUP, f"fixed-{name}", **inputs)
    assert group.diff(**{**inputs, name: value}) == ({name}, {name})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"userGroupIds": ["missing"]}, "ElastiCache user group"),
        ({"parameterGroupName": "missing"}, "cache parameter group"),
        ({"transitEncryptionEnabled": False}, "requires encryption-in-transit"),
        ({"automaticFailoverEnabled": True}, "fewer than 2 cache clusters"),
    ],
)
def test_what_aws_refuses_is_refused(
    emulation: Any, inputs: dict[str, Any], refusal: Any, changes: dict[str, Any], words: str
) -> None:
    assert words in refusal(lambda: emulation.resource(GROUP, "refused", **{**inputs, **changes}))


def test_a_used_group_is_not_deleted(emulation: Any, inputs: dict[str, Any], refusal: Any) -> None:
    group = emulation.resource(GROUP, "user", **inputs)
    cache = emulation.client("elasticache")
    for delete, named in (
        (cache.delete_user_group, {"UserGroupId": "users"}),
        (cache.delete_cache_subnet_group, {"CacheSubnetGroupName": inputs["subnetGroupName"]}),
        (cache.delete_cache_parameter_group, {"CacheParameterGroupName": inputs["parameterGroupName"]}),
    ):
        with pytest.raises(cache.exceptions.ClientError, match="replication group"):
            delete(**named)
    group.delete()


def test_groups_and_users_have_no_drift_and_are_deleted(emulation: Any) -> None:
    _, ids = two_subnets(emulation.client("ec2"), "10.12")
    emulation.resource(SUBNETS, "Life", subnetIds=ids, tags={"a": "b"}).check_life()
    parameters = emulation.resource(
        PARAMETERS, "Life", family="valkey8", parameters=[{"name": "timeout", "value": "5"}]
    )
    parameters.up(family="valkey8", parameters=[{"name": "maxmemory-policy", "value": "noeviction"}])
    assert parameters.state["parameters"] == [{"name": "maxmemory-policy", "value": "noeviction"}]
    parameters.check_life()
    first = user(emulation, "first", "default")
    group = emulation.resource(USERS, "life", userGroupId="life", engine="valkey", userIds=[first.id])
    member = emulation.resource(MEMBERSHIP, "life", userGroupId="life", userId=user(emulation, "second", "app").id)
    assert set(group.drift()) == {"userIds"}
    member.check_life()
    group.check_life()
    assert "authenticationMode" in first.secrets
    first.check_life()


def test_two_users_of_one_name_are_no_group(emulation: Any, refusal: Any) -> None:
    ids = [user(emulation, name, "default").id for name in ("one", "other")]
    twice = {"userGroupId": "twice", "engine": "valkey", "userIds": ids}
    assert "two users of the same name" in refusal(lambda: emulation.resource(USERS, "twice", **twice))
