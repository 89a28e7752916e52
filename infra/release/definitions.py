"""Whether two task definitions say the same: images, settings, secrets and sizes, whatever their revision."""

import functools
import json
from collections.abc import Mapping
from typing import Any

import boto3
import botocore.session
from botocore.exceptions import ClientError

Definition = dict[str, Any]


def alike(session: boto3.Session, one: str, other: str) -> bool:
    """Whether tasks of one ARN are tasks of the other in all but the name; not when ECS does not know one any more."""
    ecs: Any = session.client("ecs")
    try:
        first, second = (ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"] for arn in (one, other))
    except ClientError as error:
        # What ECS says of a revision that was deleted.
        if error.response["Error"]["Code"] == "ClientException":
            return False
        raise
    return essence(first) == essence(second)


def essence(definition: Mapping[str, Any]) -> Definition:
    """What RegisterTaskDefinition takes of a described definition; the rest is AWS's own."""
    read: Definition = json.loads(json.dumps({key: definition[key] for key in definition if key in _taken()}))
    return read


@functools.cache
def _taken() -> frozenset[str]:
    model: Any = botocore.session.get_session().get_service_model("ecs")
    return frozenset(model.operation_model("RegisterTaskDefinition").input_shape.members) - {"tags"}
