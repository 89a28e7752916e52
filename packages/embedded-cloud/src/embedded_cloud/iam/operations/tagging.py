"""Tags of a resource that is created take an action of their own.

docs.aws.amazon.com/service-authorization/latest/reference: "dependent actions" of the actions that create.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from embedded_cloud.iam.evaluation import Request
from embedded_cloud.iam.operations.call import Call

_ACTIONS: Mapping[str, str] = {
    "acm": "acm:AddTagsToCertificate",
    "application-autoscaling": "application-autoscaling:TagResource",
    "cloudwatch": "cloudwatch:TagResource",
    "ec2": "ec2:CreateTags",
    "ecr": "ecr:TagResource",
    "ecs": "ecs:TagResource",
    "elasticache": "elasticache:AddTagsToResource",
    "elbv2": "elasticloadbalancing:AddTags",
    "events": "events:TagResource",
    "kms": "kms:TagResource",
    "lambda": "lambda:TagResource",
    "logs": "logs:TagResource",
    "pipes": "pipes:TagResource",
    "rds": "rds:AddTagsToResource",
    "scheduler": "scheduler:TagResource",
    "secretsmanager": "secretsmanager:TagResource",
    "sns": "sns:TagResource",
    "sqs": "sqs:TagQueue",
    "ssm": "ssm:AddTagsToResource",
    "wafv2": "wafv2:TagResource",
}
"""By boto3's service."""
_OF_IAM = {"CreatePolicy": "iam:TagPolicy", "CreateRole": "iam:TagRole"}
_CREATE = ("Allocate", "Create", "Put", "Register", "Request")
"""Beginnings of operations that create. Those that run tasks have a rule of their own (compute.py)."""


def tags(call: Call) -> dict[str, str]:
    """Condition keys of the tags in a call.

    docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html#access_tags_control-requests
    """
    given: Any = call.parameters.get("Tags") or call.parameters.get("tags") or []
    for one in call.parameters.get("TagSpecifications") or ():
        given = [*given, *one.get("Tags", ())]
    pairs = given.items() if isinstance(given, Mapping) else ((_key(one), _value(one)) for one in given)
    return {f"aws:RequestTag/{key}": str(value) for key, value in pairs if key}


def tagged_at_creation(call: Call, needed: Sequence[Request]) -> list[Request]:
    """The permission to tag what a call creates, on the first resource that it needs; nothing without tags."""
    action = _OF_IAM.get(call.operation) if call.service == "iam" else _ACTIONS.get(call.service)
    context = tags(call)
    if not context or action is None or not needed or not call.operation.startswith(_CREATE):
        return []
    return [Request(action=action, resource=needed[0].resource, context={**needed[0].context, **context})]


def _key(tag: Mapping[str, Any]) -> Any:
    return tag.get("Key") or tag.get("key") or tag.get("TagKey")


def _value(tag: Mapping[str, Any]) -> Any:
    return tag.get("Value") or tag.get("value") or tag.get("TagValue") or ""
