"""Whether two task definitions have the same content: images, settings, secrets and sizes."""

import functools
import json
from collections.abc import Mapping
from typing import Any

import boto3
import botocore.session
from botocore.exceptions import ClientError

TaskDefinition = dict[str, Any]
"""As DescribeTaskDefinition returns it."""


def equivalent(session: boto3.Session, one: str, other: str) -> bool:
    """Whether both ARNs have the same content; False when one of them is deleted."""
    ecs: Any = session.client("ecs")
    try:
        first, second = (ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"] for arn in (one, other))
    except ClientError as error:
        # ECS's answer for a deleted revision.
        if error.response["Error"]["Code"] == "ClientException":
            return False
        raise
    return fingerprint(first) == fingerprint(second)


def fingerprint(definition: Mapping[str, Any]) -> TaskDefinition:
    """The arguments of RegisterTaskDefinition in a described definition, without tags and what AWS adds."""
    content: TaskDefinition = json.loads(
        json.dumps({key: definition[key] for key in definition if key in _arguments()})
    )
    return content


@functools.cache
def _arguments() -> frozenset[str]:
    model: Any = botocore.session.get_session().get_service_model("ecs")
    return frozenset(model.operation_model("RegisterTaskDefinition").input_shape.members) - {"tags"}
