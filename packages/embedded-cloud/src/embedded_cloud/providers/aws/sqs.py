"""SQS: queues."""

from typing import Any

from embedded_cloud.emulation import Emulation
from embedded_cloud.providers.aws.documents import same_policy
from embedded_cloud.providers.aws.references import KMS_KEY
from embedded_cloud.providers.call import Call
from embedded_cloud.providers.entry import AutoName, Reference, ResourceType, Tagging
from embedded_cloud.providers.values import Values

_ATTRIBUTES = {
    "delaySeconds": "DelaySeconds",
    "kmsDataKeyReusePeriodSeconds": "KmsDataKeyReusePeriodSeconds",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "policy": "Policy",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "redrivePolicy": "RedrivePolicy",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
}
_TEXTS = ("kmsMasterKeyId", "policy", "redrivePolicy")


def _exists(call: Call, arn: str) -> Any:
    return call.aws("sqs").get_queue_url(QueueName=arn.rpartition(":")[2])


QUEUE = Reference("SQS queue", _exists)
TAGS = Tagging(
    read=lambda call: dict(call.aws("sqs").list_queue_tags(QueueUrl=call.id).get("Tags") or {}),
    write=lambda call, tags: call.aws("sqs").tag_queue(QueueUrl=call.id, Tags=tags),
    remove=lambda call, keys: call.aws("sqs").untag_queue(QueueUrl=call.id, TagKeys=keys),
)


def _attributes(call: Call) -> dict[str, str]:
    return {theirs: str(call.inputs[ours]) for ours, theirs in _ATTRIBUTES.items() if call.inputs.get(ours) is not None}


def _create(call: Call) -> str:
    made = call.aws("sqs").create_queue(QueueName=call.inputs["name"], Attributes=_attributes(call))
    return str(made["QueueUrl"])


def _read(call: Call) -> Values:
    found = call.aws("sqs").get_queue_attributes(QueueUrl=call.id, AttributeNames=["All"])["Attributes"]
    known: Values = {
        ours: found[theirs] if ours in _TEXTS else int(found[theirs])
        for ours, theirs in _ATTRIBUTES.items()
        if found.get(theirs) and ours in call.inputs
    }
    arn = found["QueueArn"]
    return {**known, "arn": arn, "name": arn.rpartition(":")[2], "url": call.id}


def _update(call: Call) -> None:
    call.aws("sqs").set_queue_attributes(QueueUrl=call.id, Attributes=_attributes(call))


EMULATION = Emulation(
    service="Amazon SQS",
    types="aws:sqs/",
    acts=("queues keep messages; a pipe reads them",),
)

RESOURCES = (
    ResourceType(
        "aws:sqs/queue:Queue",
        create=_create,
        read=_read,
        update=_update,
        delete=lambda call: call.aws("sqs").delete_queue(QueueUrl=call.id),
        reported=f"name {' '.join(_ATTRIBUTES)}",
        replaces="name",
        name=AutoName(max_length=80),
        tags=TAGS,
        references={"kmsMasterKeyId": KMS_KEY},
        equal={"policy": same_policy},
        effect="moto keeps the messages; a pipe of EventBridge reads them.",
    ),
)
