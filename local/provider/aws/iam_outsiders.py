"""IAM for those outside: identity providers whose tokens are believed, and the role an EC2 host carries."""

from typing import Any

from local.provider.aws.references import ROLE
from local.provider.aws.tag_operations import iam_tagging
from local.provider.aws.tagging import as_map, pairs
from local.provider.call import Call, from_boto
from local.provider.entry import AutoName, ResourceType, Tagging
from local.provider.values import Values


def _create_profile(call: Call) -> str:
    iam, name = call.aws("iam"), str(call.inputs["name"])
    iam.create_instance_profile(**call.params("path", name="InstanceProfileName"))
    call.id = name
    if "role" in call.inputs:
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=call.inputs["role"])
    return name


def _profile(call: Call) -> dict[str, Any]:
    return dict(call.aws("iam").get_instance_profile(InstanceProfileName=call.id)["InstanceProfile"])


def _read_profile(call: Call) -> Values:
    profile = _profile(call)
    known = from_boto(profile, "arn path", name="InstanceProfileName", uniqueId="InstanceProfileId")
    role = next((role["RoleName"] for role in profile["Roles"]), None)
    return {**known, "role": role, "createDate": profile["CreateDate"].isoformat()}


def _drop_roles(call: Call) -> None:
    for role in _profile(call)["Roles"]:
        call.aws("iam").remove_role_from_instance_profile(InstanceProfileName=call.id, RoleName=role["RoleName"])


def _update_profile(call: Call) -> None:
    if not call.changed("role"):
        return
    _drop_roles(call)
    if "role" in call.inputs:
        call.aws("iam").add_role_to_instance_profile(InstanceProfileName=call.id, RoleName=call.inputs["role"])


def _delete_profile(call: Call) -> None:
    _drop_roles(call)
    call.aws("iam").delete_instance_profile(InstanceProfileName=call.id)


# The profile itself tells its tags: the emulation has no operation that lists them.
PROFILE_TAGS = Tagging(
    read=lambda call: as_map(_profile(call).get("Tags", [])),
    write=lambda call, tags: call.aws("iam").tag_instance_profile(InstanceProfileName=call.id, Tags=pairs(tags)),
    remove=lambda call, names: call.aws("iam").untag_instance_profile(InstanceProfileName=call.id, TagKeys=names),
)


def _create_provider(call: Call) -> str:
    names = {"clientIdLists": "ClientIDList", "thumbprintLists": "ThumbprintList"}
    answer = call.aws("iam").create_open_id_connect_provider(**call.params("url", **names))
    return str(answer["OpenIDConnectProviderArn"])


def _read_provider(call: Call) -> Values:
    provider = call.aws("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=call.id)
    asked = str(call.state.get("url", ""))
    # IAM keeps the address without its scheme.
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


RESOURCES = (
    ResourceType(
        "aws:iam/instanceProfile:InstanceProfile",
        create=_create_profile,
        read=_read_profile,
        update=_update_profile,
        delete=_delete_profile,
        reported="name path role",
        replaces="name path",
        tags=PROFILE_TAGS,
        name=AutoName(max_length=128),
        references={"role": ROLE},
    ),
    ResourceType(
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        create=_create_provider,
        read=_read_provider,
        update=_update_provider,
        delete=lambda call: call.aws("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=call.id),
        reported="url clientIdLists thumbprintLists",
        # The emulation can neither add nor remove a client, and an address belongs to one provider only.
        replaces="url clientIdLists",
        delete_before_replace=True,
        tags=iam_tagging("open_id_connect_provider", "OpenIDConnectProviderArn"),
        unordered="clientIdLists thumbprintLists",
    ),
)
