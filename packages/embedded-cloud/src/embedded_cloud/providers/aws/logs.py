"""CloudWatch Logs: log groups."""

from typing import Any

from embedded_cloud.emulation import Emulation
from embedded_cloud.providers.aws.references import KMS_KEY
from embedded_cloud.providers.aws.tagging import LOG_GROUP_TAGS
from embedded_cloud.providers.call import Call, pick, report
from embedded_cloud.providers.entry import AutoName, ResourceType
from embedded_cloud.providers.values import Values


def _find(call: Call) -> dict[str, Any] | None:
    pages = call.aws("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix=call.id)
    return next((group for page in pages for group in page["logGroups"] if group["logGroupName"] == call.id), None)


def _create(call: Call) -> str:
    call.aws("logs").create_log_group(**pick(call.inputs, "kmsKeyId logGroupClass", name="logGroupName"))
    call.id = str(call.inputs["name"])
    if call.inputs.get("retentionInDays"):
        _set_retention(call)
    return call.id


def _set_retention(call: Call) -> None:
    days = call.inputs.get("retentionInDays")
    if days:
        call.aws("logs").put_retention_policy(logGroupName=call.id, retentionInDays=days)
    else:
        call.aws("logs").delete_retention_policy(logGroupName=call.id)


def _update(call: Call) -> None:
    if call.changed("retentionInDays"):
        _set_retention(call)
    if call.inputs.get("kmsKeyId") and call.changed("kmsKeyId"):
        call.aws("logs").associate_kms_key(logGroupName=call.id, kmsKeyId=call.inputs["kmsKeyId"])
    elif call.changed("kmsKeyId"):
        call.aws("logs").disassociate_kms_key(logGroupName=call.id)


def _read(call: Call) -> Values | None:
    group = _find(call)
    if group is None:
        return None
    known = report(group, "retentionInDays kmsKeyId logGroupClass", name="logGroupName")
    # pulumi-aws gives the ARN that policies use, without the final `:*`.
    return {**known, "arn": group["arn"].removesuffix(":*")}


def _delete(call: Call) -> None:
    if not call.state.get("skipDestroy"):
        call.aws("logs").delete_log_group(logGroupName=call.id)


EMULATION = Emulation(
    service="CloudWatch Logs",
    types="aws:cloudwatch/logGroup",
    acts=("output of containers and records of WAF, to be read and filtered; the latest 5,000 events of a stream",),
    stored=("retention, and encryption by a key",),
)

RESOURCES = (
    ResourceType(
        "aws:cloudwatch/logGroup:LogGroup",
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
        reported="name retentionInDays kmsKeyId",
        unreported="skipDestroy logGroupClass",
        replaces="name logGroupClass",
        name=AutoName(max_length=512),
        tags=LOG_GROUP_TAGS,
        references={"kmsKeyId": KMS_KEY},
        effect="takes the output of containers",
    ),
)
