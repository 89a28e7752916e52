"""IAM: roles, policies and their attachments, OpenID Connect identity providers."""

import json
from typing import Any

from embedded_cloud.providers.aws.documents import checked_documents, same_policy
from embedded_cloud.providers.aws.references import POLICY, ROLE
from embedded_cloud.providers.aws.tagging import iam_tagging
from embedded_cloud.providers.call import Call, from_boto
from embedded_cloud.providers.entry import ALL, AutoName, Function, ResourceType
from embedded_cloud.providers.failures import OperationError
from embedded_cloud.providers.values import Values


def _create_role(call: Call) -> str:
    names = {"name": "RoleName", "assumeRolePolicy": "AssumeRolePolicyDocument"}
    call.aws("iam").create_role(**call.params("description maxSessionDuration path permissionsBoundary", **names))
    return str(call.inputs["name"])


def _read_role(call: Call) -> Values:
    role = call.aws("iam").get_role(RoleName=call.id)["Role"]
    known = from_boto(role, "arn path description maxSessionDuration", name="RoleName", uniqueId="RoleId")
    boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    return {
        **known,
        "assumeRolePolicy": json.dumps(role["AssumeRolePolicyDocument"]),
        "createDate": role["CreateDate"].isoformat(),
        **({"permissionsBoundary": boundary} if boundary else {}),
    }


def _update_role(call: Call) -> None:
    iam = call.aws("iam")
    iam.update_assume_role_policy(RoleName=call.id, PolicyDocument=call.inputs["assumeRolePolicy"])
    iam.update_role(RoleName=call.id, **call.params("description maxSessionDuration"))
    if boundary := call.inputs.get("permissionsBoundary"):
        iam.put_role_permissions_boundary(RoleName=call.id, PermissionsBoundary=boundary)
    elif call.old_inputs.get("permissionsBoundary"):
        iam.delete_role_permissions_boundary(RoleName=call.id)


def _delete_role(call: Call) -> None:
    iam = call.aws("iam")
    if call.state.get("forceDetachPolicies"):
        for policy in iam.list_attached_role_policies(RoleName=call.id)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=call.id, PolicyArn=policy["PolicyArn"])
        for name in iam.list_role_policies(RoleName=call.id)["PolicyNames"]:
            iam.delete_role_policy(RoleName=call.id, PolicyName=name)
    iam.delete_role(RoleName=call.id)


def _put_role_policy(call: Call) -> str:
    role, name = call.inputs["role"], call.inputs["name"]
    call.aws("iam").put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=call.inputs["policy"])
    return f"{role}:{name}"


def _read_role_policy(call: Call) -> Values:
    role, _, name = call.id.partition(":")
    answer = call.aws("iam").get_role_policy(RoleName=role, PolicyName=name)
    return {"role": role, "name": name, "policy": json.dumps(answer["PolicyDocument"])}


def _delete_role_policy(call: Call) -> None:
    role, _, name = call.id.partition(":")
    call.aws("iam").delete_role_policy(RoleName=role, PolicyName=name)


def _attach(call: Call) -> str:
    role, policy = call.inputs["role"], call.inputs["policyArn"]
    call.aws("iam").attach_role_policy(RoleName=role, PolicyArn=policy)
    return f"{role}/{policy}"


def _read_attachment(call: Call) -> Values | None:
    role, _, policy = call.id.partition("/")
    pages = call.aws("iam").get_paginator("list_attached_role_policies").paginate(RoleName=role)
    attached = {one["PolicyArn"] for page in pages for one in page["AttachedPolicies"]}
    return {"role": role, "policyArn": policy} if policy in attached else None


def _detach(call: Call) -> None:
    role, _, policy = call.id.partition("/")
    call.aws("iam").detach_role_policy(RoleName=role, PolicyArn=policy)


def _create_policy(call: Call) -> str:
    parameters = call.params("description path", name="PolicyName", policy="PolicyDocument")
    return str(call.aws("iam").create_policy(**parameters)["Policy"]["Arn"])


def _read_policy(call: Call) -> Values:
    iam = call.aws("iam")
    policy = iam.get_policy(PolicyArn=call.id)["Policy"]
    version = iam.get_policy_version(PolicyArn=call.id, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
    known = from_boto(policy, "arn path description attachmentCount policyId", name="PolicyName")
    return {**known, "policy": json.dumps(version["Document"])}


def _versions(call: Call) -> list[dict[str, Any]]:
    return list(call.aws("iam").list_policy_versions(PolicyArn=call.id)["Versions"])


def _update_policy(call: Call) -> None:
    iam = call.aws("iam")
    old = [one["VersionId"] for one in _versions(call) if not one["IsDefaultVersion"]]
    # IAM stores five versions at most.
    for version in old[3:]:
        iam.delete_policy_version(PolicyArn=call.id, VersionId=version)
    iam.create_policy_version(PolicyArn=call.id, PolicyDocument=call.inputs["policy"], SetAsDefault=True)


def _delete_policy(call: Call) -> None:
    iam = call.aws("iam")
    for one in _versions(call):
        if not one["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=call.id, VersionId=one["VersionId"])
    iam.delete_policy(PolicyArn=call.id)


def _create_provider(call: Call) -> str:
    names = {"clientIdLists": "ClientIDList", "thumbprintLists": "ThumbprintList"}
    answer = call.aws("iam").create_open_id_connect_provider(**call.params("url", **names))
    return str(answer["OpenIDConnectProviderArn"])


def _read_provider(call: Call) -> Values:
    provider = call.aws("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=call.id)
    asked = str(call.state.get("url", ""))
    # IAM stores the URL without its scheme.
    url = asked if asked.removeprefix("https://") == provider["Url"] else provider["Url"]
    return {
        "arn": call.id,
        "url": url,
        "clientIdLists": provider["ClientIDList"],
        "thumbprintLists": provider.get("ThumbprintList", []),
    }


def _update_provider(call: Call) -> None:
    call.aws("iam").update_open_id_connect_provider_thumbprint(
        OpenIDConnectProviderArn=call.id, ThumbprintList=call.inputs.get("thumbprintLists", [])
    )


def _get_provider(call: Call) -> Values:
    iam, arn, url = call.aws("iam"), call.inputs.get("arn"), call.inputs.get("url")
    host = str(url).removeprefix("https://")
    known = [one["Arn"] for one in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]]
    found = [one for one in known if one == arn or (url and one.endswith(f":oidc-provider/{host}"))]
    if not found:
        # In the words of pulumi-aws.
        by = f"arn ({arn})" if arn else f"url ({url})"
        raise OperationError(f"finding IAM OIDC Provider by {by}: not found")
    provider = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=found[0])
    tags = {one["Key"]: one["Value"] for one in provider.get("Tags", [])}
    return {
        **from_boto(provider, "", url="Url", clientIdLists="ClientIDList", thumbprintLists="ThumbprintList"),
        "arn": found[0],
        "id": found[0],
        "tags": tags,
    }


RESOURCES = (
    ResourceType(
        "aws:iam/role:Role",
        effect="acts with its policies",
        create=_create_role,
        read=_read_role,
        update=_update_role,
        delete=_delete_role,
        reported="name path description maxSessionDuration permissionsBoundary assumeRolePolicy",
        unreported="forceDetachPolicies",
        replaces="name path",
        name=AutoName(max_length=64),
        tags=iam_tagging("role", "RoleName"),
        references={"permissionsBoundary": POLICY},
        equal={"assumeRolePolicy": same_policy},
        check=checked_documents("assumeRolePolicy"),
    ),
    ResourceType(
        "aws:iam/rolePolicy:RolePolicy",
        effect="decides about the role's calls",
        create=_put_role_policy,
        read=_read_role_policy,
        update=_put_role_policy,
        delete=_delete_role_policy,
        reported="name role policy",
        replaces="name role",
        name=AutoName(max_length=128),
        references={"role": ROLE},
        equal={"policy": same_policy},
        check=checked_documents("policy"),
    ),
    ResourceType(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        effect="decides about the role's calls",
        create=_attach,
        read=_read_attachment,
        delete=_detach,
        reported="role policyArn",
        replaces=ALL,
        references={"role": ROLE, "policyArn": POLICY},
    ),
    ResourceType(
        "aws:iam/policy:Policy",
        effect="decides about the calls of the roles that have it",
        create=_create_policy,
        read=_read_policy,
        update=_update_policy,
        delete=_delete_policy,
        reported="name path description policy",
        replaces="name path description",
        name=AutoName(max_length=128),
        tags=iam_tagging("policy", "PolicyArn"),
        equal={"policy": same_policy},
        check=checked_documents("policy"),
    ),
    ResourceType(
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        create=_create_provider,
        read=_read_provider,
        update=_update_provider,
        delete=lambda call: call.aws("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=call.id),
        reported="url clientIdLists thumbprintLists",
        # moto can neither add nor remove a client, and a URL belongs to one provider only.
        replaces="url clientIdLists",
        delete_before_replace=True,
        tags=iam_tagging("open_id_connect_provider", "OpenIDConnectProviderArn"),
        unordered="clientIdLists thumbprintLists",
    ),
)

FUNCTIONS = (Function("aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider", _get_provider),)
