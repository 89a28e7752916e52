"""ElastiCache: users, user groups, parameter groups and subnet groups.

moto has no user groups and no parameter groups; they are dictionaries in AWS's words, in `groups(backend, kind)`.
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/Welcome.html
"""

from typing import Any

from moto.core.exceptions import ServiceException
from moto.elasticache.exceptions import InvalidParameterValueException, UserNotFound
from moto.elasticache.models import ElastiCacheBackend, ReplicationGroup, User

USER_GROUPS, PARAMETER_GROUPS = "user_groups", "parameter_groups"


class _Fault(ServiceException):  # type: ignore[misc] # moto is not typed
    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


def groups(backend: ElastiCacheBackend, kind: str) -> dict[str, dict[str, Any]]:
    """User groups or parameter groups by name."""
    found: dict[str, dict[str, Any]] = vars(backend).setdefault(kind, {})
    return found


def users_of(backend: ElastiCacheBackend, group: ReplicationGroup) -> list[User]:
    """The users that may log in to a replication group; moto's own without a user group."""
    names = [name for one in group.user_group_ids for name in groups(backend, USER_GROUPS)[one]["UserIds"]]
    return [backend.users[name] for name in names or ["default"]]


def find(backend: ElastiCacheBackend, kind: str, name: str) -> dict[str, Any]:
    found = groups(backend, kind).get(name)
    if found is None:
        user_group = kind == USER_GROUPS
        code = "UserGroupNotFound" if user_group else "CacheParameterGroupNotFound"
        raise _Fault(code, f"{'User group' if user_group else 'CacheParameterGroup'} not found: {name}")
    return found


def add(backend: ElastiCacheBackend, kind: str, name: str, params: dict[str, Any], group: dict[str, Any]) -> Any:
    if name in groups(backend, kind):
        code = "UserGroupAlreadyExists" if kind == USER_GROUPS else "CacheParameterGroupAlreadyExists"
        raise _Fault(code, f"{name} already exists.")
    word = kind.replace("_groups", "group").replace("_", "")
    group["ARN"] = f"arn:aws:elasticache:{backend.region_name}:{backend.account_id}:{word}:{name}"
    groups(backend, kind)[name] = group
    if params.get("Tags"):
        backend.tagging_service.tag_resource(group["ARN"], params["Tags"])
    return group


def attached(backend: ElastiCacheBackend, user_group: str) -> list[str]:
    return [name for name, one in backend.replication_groups.items() if user_group in one.user_group_ids]


def changing(backend: ElastiCacheBackend, group: dict[str, Any], agents: bool) -> None:
    """The agent makes it `active` when every server has the users."""
    if agents and attached(backend, group["UserGroupId"]):
        group["Status"] = "modifying"


def check_users(backend: ElastiCacheBackend, names: list[str]) -> None:
    for name in names:
        if name not in backend.users:
            raise UserNotFound(name)
    taken = [backend.users[name].name for name in names]
    if len(set(taken)) != len(taken):
        raise _Fault("DuplicateUserName", "The user group has two users of the same name.")
    if any(backend.users[name].no_password_required for name in names):
        raise InvalidParameterValueException("A user group of the engine valkey has users with a password only.")


def create_user_group(backend: ElastiCacheBackend, params: dict[str, Any], _agents: bool) -> Any:
    name, users = params["UserGroupId"], params.get("UserIds", [])
    check_users(backend, users)
    group = {"UserGroupId": name, "Engine": params["Engine"].lower(), "UserIds": list(users), "Status": "active"}
    return add(backend, USER_GROUPS, name, params, group)


def describe_user_groups(backend: ElastiCacheBackend, params: dict[str, Any], _agents: bool) -> Any:
    name = params.get("UserGroupId")
    found = [find(backend, USER_GROUPS, name)] if name else list(groups(backend, USER_GROUPS).values())
    return {"UserGroups": [{**one, "ReplicationGroups": attached(backend, one["UserGroupId"])} for one in found]}


def modify_user_group(backend: ElastiCacheBackend, params: dict[str, Any], agents: bool) -> Any:
    group = find(backend, USER_GROUPS, params["UserGroupId"])
    gone = params.get("UserIdsToRemove", [])
    users = [name for name in group["UserIds"] if name not in gone] + params.get("UserIdsToAdd", [])
    check_users(backend, users)
    group["UserIds"] = users
    changing(backend, group, agents)
    return group


def delete_user_group(backend: ElastiCacheBackend, params: dict[str, Any], _agents: bool) -> Any:
    name = params["UserGroupId"]
    group = find(backend, USER_GROUPS, name)
    if attached(backend, name):
        raise _Fault("InvalidUserGroupState", f"User group {name} is associated with a replication group.")
    return {**groups(backend, USER_GROUPS).pop(name), "Status": "deleting", "UserIds": group["UserIds"]}


def modify_user(backend: ElastiCacheBackend, params: dict[str, Any], agents: bool) -> Any:
    user = backend.users.get(params["UserId"])
    if user is None:
        raise UserNotFound(params["UserId"])
    user.access_string = params.get("AccessString", user.access_string)
    user.engine = params.get("Engine", user.engine)
    user.passwords = params.get("Passwords") or params.get("AuthenticationMode", {}).get("Passwords") or user.passwords
    for group in groups(backend, USER_GROUPS).values():
        if user.id in group["UserIds"]:
            changing(backend, group, agents)
    return user


def create_parameter_group(backend: ElastiCacheBackend, params: dict[str, Any], _agents: bool) -> Any:
    name = params["CacheParameterGroupName"]
    group = {
        "CacheParameterGroupName": name,
        "CacheParameterGroupFamily": params["CacheParameterGroupFamily"],
        "Description": params["Description"],
        "Parameters": {},
    }
    return {"CacheParameterGroup": add(backend, PARAMETER_GROUPS, name, params, group)}


def describe_parameter_groups(backend: ElastiCacheBackend, params: dict[str, Any], _agents: bool) -> Any:
    name = params.get("CacheParameterGroupName")
    found = [find(backend, PARAMETER_GROUPS, name)] if name else list(groups(backend, PARAMETER_GROUPS).values())
    return {"CacheParameterGroups": found}


def describe_parameters(backend: ElastiCacheBackend, params: dict[str, Any], _agents: bool) -> Any:
    group = find(backend, PARAMETER_GROUPS, params["CacheParameterGroupName"])
    return {"Parameters": [_parameter(*one) for one in group["Parameters"].items()]}


def _parameter(name: str, value: str) -> dict[str, str]:
    return {"ParameterName": name, "ParameterValue": value, "Source": "user"}


def modify_parameter_group(backend: ElastiCacheBackend, params: dict[str, Any], _agents: bool) -> Any:
    group = find(backend, PARAMETER_GROUPS, params["CacheParameterGroupName"])
    group["Parameters"] |= {one["ParameterName"]: one["ParameterValue"] for one in params["ParameterNameValues"]}
    return group


def reset_parameter_group(backend: ElastiCacheBackend, params: dict[str, Any], _agents: bool) -> Any:
    group = find(backend, PARAMETER_GROUPS, params["CacheParameterGroupName"])
    for one in params.get("ParameterNameValues", []):
        group["Parameters"].pop(one["ParameterName"], None)
    return group


def delete_parameter_group(backend: ElastiCacheBackend, params: dict[str, Any], _agents: bool) -> Any:
    name = params["CacheParameterGroupName"]
    find(backend, PARAMETER_GROUPS, name)
    _refuse_used(backend, "cache_parameter_group_name", name, "InvalidCacheParameterGroupState")
    del groups(backend, PARAMETER_GROUPS)[name]
    return {}


def modify_subnet_group(backend: ElastiCacheBackend, params: dict[str, Any], _agents: bool) -> Any:
    name = params["CacheSubnetGroupName"]
    (old,) = backend.describe_cache_subnet_groups(name)
    tags = backend.tagging_service.list_tags_for_resource(old.arn)["Tags"]
    del backend.cache_subnet_groups[name]
    description = params.get("CacheSubnetGroupDescription", old.cache_subnet_group_description)
    subnets = params.get("SubnetIds", old.subnet_ids)
    return {"CacheSubnetGroup": backend.create_cache_subnet_group(name, description, subnets, tags)}


def delete_subnet_group(backend: ElastiCacheBackend, params: dict[str, Any], _agents: bool) -> Any:
    name = params["CacheSubnetGroupName"]
    backend.describe_cache_subnet_groups(name)
    _refuse_used(backend, "cache_subnet_group_name", name, "CacheSubnetGroupInUse")
    del backend.cache_subnet_groups[name]
    return {}


def _refuse_used(backend: ElastiCacheBackend, attribute: str, name: str, code: str) -> None:
    if any(getattr(group, attribute) == name for group in backend.replication_groups.values()):
        raise _Fault(code, f"{name} is used by a replication group.")


OPERATIONS = {
    "create_user_group": create_user_group,
    "describe_user_groups": describe_user_groups,
    "modify_user_group": modify_user_group,
    "delete_user_group": delete_user_group,
    "modify_user": modify_user,
    "create_cache_parameter_group": create_parameter_group,
    "describe_cache_parameter_groups": describe_parameter_groups,
    "describe_cache_parameters": describe_parameters,
    "modify_cache_parameter_group": modify_parameter_group,
    "reset_cache_parameter_group": reset_parameter_group,
    "delete_cache_parameter_group": delete_parameter_group,
    "modify_cache_subnet_group": modify_subnet_group,
    "delete_cache_subnet_group": delete_subnet_group,
}
"""What moto lacks, by the name of the response's method."""
