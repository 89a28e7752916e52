"""CloudWatch Logs: log groups, and metrics that are taken from their lines."""

from typing import Any

from local.provider.aws.references import KMS_KEY
from local.provider.aws.tag_operations import LOGS, by_state_arn, tagging
from local.provider.aws.wire import pick, report
from local.provider.call import Call
from local.provider.entry import AutoName, ResourceType
from local.provider.values import Values


def _find(call: Call) -> dict[str, Any] | None:
    pages = call.aws("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix=call.id)
    return next((group for page in pages for group in page["logGroups"] if group["logGroupName"] == call.id), None)


def _create(call: Call) -> str:
    call.aws("logs").create_log_group(**pick(call.inputs, "kmsKeyId logGroupClass", name="logGroupName"))
    call.id = str(call.inputs["name"])
    if call.inputs.get("retentionInDays"):
        _retain(call)
    return call.id


def _retain(call: Call) -> None:
    days = call.inputs.get("retentionInDays")
    if days:
        call.aws("logs").put_retention_policy(logGroupName=call.id, retentionInDays=days)
    else:
        call.aws("logs").delete_retention_policy(logGroupName=call.id)


def _update(call: Call) -> None:
    if call.changed("retentionInDays"):
        _retain(call)
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


def _put_filter(call: Call) -> str:
    change = call.inputs["metricTransformation"]
    transformation = pick(change, "unit", name="metricName", namespace="metricNamespace", value="metricValue")
    call.aws("logs").put_metric_filter(
        logGroupName=call.inputs["logGroupName"],
        filterName=call.inputs["name"],
        filterPattern=call.inputs["pattern"],
        metricTransformations=[transformation],
    )
    return str(call.inputs["name"])


def _change_filter(call: Call) -> None:
    # moto keeps the pattern of a filter that it knows already; AWS takes the new one.
    _delete_filter(call)
    _put_filter(call)


def _find_filter(call: Call) -> Values | None:
    answer = call.aws("logs").describe_metric_filters(logGroupName=call.state["logGroupName"], filterNamePrefix=call.id)
    found = next((one for one in answer["metricFilters"] if one["filterName"] == call.id), None)
    if found is None:
        return None
    (change,) = found["metricTransformations"]
    known = report(change, "unit", name="metricName", namespace="metricNamespace", value="metricValue")
    return {
        "name": found["filterName"],
        "logGroupName": found["logGroupName"],
        "pattern": found["filterPattern"],
        "metricTransformation": known,
    }


def _delete_filter(call: Call) -> None:
    call.aws("logs").delete_metric_filter(logGroupName=call.state["logGroupName"], filterName=call.id)


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
        tags=tagging("logs", LOGS, by_state_arn),
        references={"kmsKeyId": KMS_KEY},
    ),
    ResourceType(
        "aws:cloudwatch/logMetricFilter:LogMetricFilter",
        create=_put_filter,
        read=_find_filter,
        update=_change_filter,
        delete=_delete_filter,
        reported="name logGroupName pattern metricTransformation",
        replaces="name logGroupName",
        name=AutoName(max_length=512),
    ),
)
