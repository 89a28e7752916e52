"""ElastiCache: users, user groups, and the membership of one in the other."""

from typing import Any

from embedded_cloud.providers.aws.tagging import CACHE_TAGS
from embedded_cloud.providers.call import Call, pick, report
from embedded_cloud.providers.entry import Reference, ResourceType
from embedded_cloud.providers.values import Values

USER = Reference("ElastiCache user", lambda call, name: call.aws("elasticache").describe_users(UserId=name))
USER_GROUP = Reference(
    "ElastiCache user group", lambda call, name: call.aws("elasticache").describe_user_groups(UserGroupId=name)
)

_USER = {"userId": "UserId", "userName": "UserName", "engine": "Engine", "accessString": "AccessString"}


def _user(call: Call) -> dict[str, Any]:
    parameters = pick(call.inputs, **_USER)
    if mode := call.inputs.get("authenticationMode"):
        parameters["AuthenticationMode"] = pick(mode, type="Type", passwords="Passwords")
    return parameters


def _create_user(call: Call) -> str:
    call.aws("elasticache").create_user(**_user(call))
    return str(call.inputs["userId"])


def _read_user(call: Call) -> Values:
    (user,) = call.aws("elasticache").describe_users(UserId=call.id)["Users"]
    return {**report(user, **_USER), "arn": user["ARN"]}


def _modify_user(call: Call) -> None:
    parameters = _user(call)
    del parameters["UserName"]
    call.aws("elasticache").modify_user(**parameters)
    _wait_for_groups(call)


def _create_user_group(call: Call) -> str:
    named = pick(call.inputs, userGroupId="UserGroupId", engine="Engine", userIds="UserIds")
    call.aws("elasticache").create_user_group(**named)
    return str(call.inputs["userGroupId"])


def _user_group(call: Call, name: str) -> dict[str, Any]:
    (group,) = call.aws("elasticache").describe_user_groups(UserGroupId=name)["UserGroups"]
    return dict(group)


def _read_user_group(call: Call) -> Values:
    group = _user_group(call, call.id)
    return {
        "userGroupId": group["UserGroupId"],
        "engine": group["Engine"],
        "userIds": group["UserIds"],
        "arn": group["ARN"],
    }


def _modify_user_group(call: Call) -> None:
    before, after = (set(one.get("userIds") or []) for one in (call.old_inputs, call.inputs))
    changes = {"UserIdsToAdd": sorted(after - before), "UserIdsToRemove": sorted(before - after)}
    call.aws("elasticache").modify_user_group(UserGroupId=call.id, **{k: v for k, v in changes.items() if v})
    _wait_for_groups(call)


def _join(call: Call) -> str:
    group, user = call.inputs["userGroupId"], call.inputs["userId"]
    call.aws("elasticache").modify_user_group(UserGroupId=group, UserIdsToAdd=[user])
    return f"{group},{user}"


def _read_membership(call: Call) -> Values | None:
    group, _, user = call.id.partition(",")
    return {"userGroupId": group, "userId": user} if user in _user_group(call, group)["UserIds"] else None


def _leave(call: Call) -> None:
    group, _, user = call.id.partition(",")
    if user in _user_group(call, group)["UserIds"]:
        call.aws("elasticache").modify_user_group(UserGroupId=group, UserIdsToRemove=[user])
        _wait_for_groups(call)


def _wait_for_groups(call: Call) -> None:
    """Until every server has the users of its group."""

    def active() -> bool:
        found = call.aws("elasticache").describe_user_groups()["UserGroups"]
        return all(group["Status"] == "active" for group in found)

    call.wait_for(active, "the users of the servers")


RESOURCES = (
    ResourceType(
        "aws:elasticache/user:User",
        create=_create_user,
        read=_read_user,
        update=_modify_user,
        delete=lambda call: call.aws("elasticache").delete_user(UserId=call.id),
        reported="userId userName engine accessString",
        unreported="authenticationMode",
        replaces="userId userName",
        tags=CACHE_TAGS,
        secret_outputs="authenticationMode",
        effect="logs in to the Valkey container through its group",
    ),
    ResourceType(
        "aws:elasticache/userGroup:UserGroup",
        effect="its users log in to the Valkey container",
        create=_create_user_group,
        read=_read_user_group,
        update=_modify_user_group,
        delete=lambda call: call.aws("elasticache").delete_user_group(UserGroupId=call.id),
        reported="userGroupId engine userIds",
        replaces="userGroupId engine",
        tags=CACHE_TAGS,
        references={"userIds": USER},
        unordered="userIds",
    ),
    ResourceType(
        "aws:elasticache/userGroupAssociation:UserGroupAssociation",
        effect="adds a user to those that log in",
        create=_join,
        read=_read_membership,
        ready=_wait_for_groups,
        delete=_leave,
        reported="userGroupId userId",
        replaces="userGroupId userId",
        references={"userGroupId": USER_GROUP, "userId": USER},
    ),
)
