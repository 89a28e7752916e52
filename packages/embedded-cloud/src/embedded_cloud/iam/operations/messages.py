"""Amazon SQS, Amazon SNS and Amazon SES."""

from collections.abc import Iterable, Mapping
from email import message_from_bytes, policy
from email.utils import getaddresses, parseaddr
from typing import Any

from embedded_cloud.iam.evaluation import Request
from embedded_cloud.iam.operations.call import Call, UnknownOperationError, encrypted, request
from embedded_cloud.iam.resources import Resources

_QUEUE_KEY: Mapping[str, tuple[str, ...]] = {
    "SendMessage": ("GenerateDataKey", "Decrypt"),
    "ReceiveMessage": ("Decrypt",),
}
"""docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html"""


def sqs(call: Call, resources: Resources) -> Iterable[Request]:
    """Batches have the permission of the single operation."""
    action = call.operation.removesuffix("Batch")
    if action == "ListQueues":
        return [request("sqs:ListQueues")]
    queue = resources.queue((call.text("QueueUrl", "QueueName", "SourceArn")).rpartition("/")[2].rpartition(":")[2])
    key = encrypted(queue.key_arn, call, "sqs", *_QUEUE_KEY.get(action, ()))
    return [request(f"sqs:{action}", queue.arn), *key]


def sns(call: Call, resources: Resources) -> Iterable[Request]:
    """docs.aws.amazon.com/sns/latest/dg/sns-key-management.html"""
    action = call.operation.removesuffix("Batch")
    if action.startswith("List") and not call.text("TopicArn", "ResourceArn"):
        return [request(f"sns:{action}")]
    if call.text("PhoneNumber", "phoneNumber"):
        return [request(f"sns:{action}", call.text("PhoneNumber", "phoneNumber"))]
    topic = call.text("TopicArn", "TargetArn", "ResourceArn")
    if subscription := call.text("SubscriptionArn"):
        topic = subscription.rpartition(":")[0]
    if not topic:
        topic = call.arn("sns", call.text("Name") or "*")
    needed = ("GenerateDataKey", "Decrypt") if action == "Publish" else ()
    return [request(f"sns:{action}", topic), *encrypted(resources.topic(topic).key_arn, call, "sns", *needed)]


def ses(call: Call, resources: Resources) -> Iterable[Request]:
    """Both versions of the API have the same actions; raw mail has one of its own.

    docs.aws.amazon.com/service-authorization/latest/reference/list_amazonses.html and list_amazonsimpleemailservicev2
    """
    if call.operation in ("SendEmail", "SendRawEmail", "SendTemplatedEmail"):
        return _sent(call, resources)
    if call.operation in ("SendBulkEmail", "SendBulkTemplatedEmail", "SendCustomVerificationEmail"):
        raise UnknownOperationError(f"ses:{call.operation}")
    named = {
        "identity": call.text("EmailIdentity", "Identity", "Domain", "EmailAddress"),
        "configuration-set": call.text("ConfigurationSetName"),
    }
    arns = [call.arn("ses", f"{kind}/{name}") for kind, name in named.items() if name]
    return [request(f"ses:{call.operation}", one) for one in arns or [call.text("ResourceArn") or "*"]]


def _sent(call: Call, resources: Resources) -> list[Request]:
    content = call.parameters.get("Content") or {}
    raw = content.get("Raw") or call.parameters.get("RawMessage") or {}
    headers = message_from_bytes(_bytes(raw.get("Data", b"")), policy=policy.default)
    name, address = parseaddr(call.text("FromEmailAddress", "Source") or str(headers.get("From", "")))
    identity, default_set = resources.sender(address)
    used = call.text("ConfigurationSetName") or str(headers.get("X-SES-CONFIGURATION-SET", "")) or default_set
    context: dict[str, str | list[str]] = {"ses:FromAddress": address, "ses:Recipients": _recipients(call, headers)}
    if name:
        context["ses:FromDisplayName"] = name
    action = "ses:SendRawEmail" if raw else f"ses:{call.operation}"
    names = [f"identity/{identity}", *([f"configuration-set/{used}"] if used else [])]
    return [Request(action=action, resource=call.arn("ses", one), context=context) for one in names]


def _bytes(data: Any) -> bytes:
    return data if isinstance(data, bytes) else str(data).encode()


def _recipients(call: Call, headers: Any) -> list[str]:
    destination = call.parameters.get("Destination") or {}
    given = [one for kind in ("ToAddresses", "CcAddresses", "BccAddresses") for one in destination.get(kind) or ()]
    given += call.parameters.get("Destinations") or []
    given = given or [str(one) for kind in ("To", "Cc", "Bcc") for one in headers.get_all(kind, [])]
    return [address for _, address in getaddresses(given)]
