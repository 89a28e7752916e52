"""Systems Manager: documents that commands are sent with."""

import json

from botocore.exceptions import ClientError

from local.provider.aws.tag_operations import SSM, tagging
from local.provider.call import Call, from_boto
from local.provider.entry import AutoName, ResourceType
from local.provider.values import Values


def _create(call: Call) -> str:
    call.aws("ssm").create_document(**call.params("content name documentType documentFormat targetType"))
    return str(call.inputs["name"])


def _read(call: Call) -> Values | None:
    ssm = call.aws("ssm")
    try:
        described = ssm.describe_document(Name=call.id)["Document"]
    except ClientError as error:
        # Also what a wrong document is called; one that was created is not wrong.
        if error.response["Error"]["Code"] == "InvalidDocument":
            return None
        raise
    content = ssm.get_document(Name=call.id, DocumentVersion="$LATEST")["Content"]
    known = from_boto(described, "documentType documentFormat latestVersion defaultVersion", name="Name")
    return {**known, "content": content, "arn": call.arn("ssm", f"document/{call.id}")}


def _update(call: Call) -> None:
    ssm = call.aws("ssm")
    if not call.changed("content"):
        return
    answer = ssm.update_document(
        Name=call.id, Content=call.inputs["content"], DocumentVersion="$LATEST", **call.params("documentFormat")
    )
    version = answer["DocumentDescription"]["DocumentVersion"]
    ssm.update_document_default_version(Name=call.id, DocumentVersion=version)


def _same(left: str, right: str) -> bool:
    try:
        return bool(json.loads(left) == json.loads(right))
    except ValueError:
        return left == right


RESOURCES = (
    ResourceType(
        "aws:ssm/document:Document",
        create=_create,
        read=_read,
        update=_update,
        delete=lambda call: call.aws("ssm").delete_document(Name=call.id),
        reported="name content documentType documentFormat",
        unreported="targetType",
        replaces="name documentType",
        name=AutoName(max_length=128),
        tags=tagging("ssm", SSM, lambda call: call.id, ResourceType="Document"),
        equal={"content": _same},
        volatile="latestVersion defaultVersion",
    ),
)
