"""IAM policies of schedules as functions of the ARNs they name. Pure: no resources."""

import json
from typing import Any

from infra.policies import Arn, Statement


def trust(service: str, source_arn: str) -> str:
    """Trust policy: the service may assume the role for this resource (confused deputy prevention)."""
    account = Arn.parse(source_arn).account
    return _document(
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": account}, "ArnLike": {"aws:SourceArn": source_arn}},
        }
    )


def scheduler(*, cluster_arn: str, task_definition_arn: str, role_arns: list[str], queue_arn: str, key_arn: str) -> str:
    """Permissions of EventBridge Scheduler: start tasks of one family with these roles, and write to the queue."""
    where = Arn.parse(cluster_arn)
    family = task_definition_arn.rpartition(":")[0]
    return _document(
        {
            "Effect": "Allow",
            "Action": "ecs:RunTask",
            # Every revision: a rollback moves the schedules to another one.
            "Resource": f"{family}:*",
            "Condition": {"ArnEquals": {"ecs:cluster": cluster_arn}},
        },
        {
            # For the tags of the task definition.
            "Effect": "Allow",
            "Action": "ecs:TagResource",
            "Resource": f"arn:{where.partition}:ecs:{where.region}:{where.account}:task/*",
            "Condition": {"StringEquals": {"ecs:CreateAction": "RunTask"}},
        },
        {
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": sorted(role_arns),
            "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        },
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue_arn},
        _key(key_arn, "sqs"),
    )


def pipe(*, queue_arn: str, topic_arn: str, key_arn: str) -> str:
    """Permissions of the pipe that mails what is in the queue."""
    return _document(
        {
            "Effect": "Allow",
            "Action": ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
            "Resource": queue_arn,
        },
        {"Effect": "Allow", "Action": "sns:Publish", "Resource": topic_arn},
        _key(key_arn, "sqs"),
        _key(key_arn, "sns"),
    )


def publisher(*, topic_arn: str, key_arn: str) -> str:
    """Permission of a task to publish to the encrypted topic."""
    return _document({"Effect": "Allow", "Action": "sns:Publish", "Resource": topic_arn}, _key(key_arn, "sns"))


def _key(key_arn: str, service: str) -> Statement:
    return {
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": key_arn,
        "Condition": {"StringEquals": {"kms:ViaService": f"{service}.{Arn.parse(key_arn).region}.amazonaws.com"}},
    }


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
