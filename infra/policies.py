"""IAM documents as functions of the ARNs they name. Pure: no resources."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

Statement = dict[str, Any]

STATIC_PREFIX = "static/"
"""Where releases publish their static files in the media bucket (app/core/static_files.py)."""


class Arn(NamedTuple):
    """The parts of an ARN that policies are built from."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> "Arn":
        """Split an ARN; raises ValueError on anything else."""
        parts = text.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn":
            raise ValueError(f"{text!r} is not an ARN (arn:partition:service:region:account:resource)")
        return cls(*parts[1:])


@dataclass(frozen=True)
class Mail:
    """Whose mail the application may send, and by which rules."""

    identity_arn: str
    configuration_set_arn: str
    sender: str


def tasks_trust(key_arn: str) -> str:
    """Lets ECS tasks of the key's account and region take the role, and nobody else's ECS (confused deputy)."""
    here = Arn.parse(key_arn)
    return _document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": here.account},
                "ArnLike": {"aws:SourceArn": f"arn:{here.partition}:ecs:{here.region}:{here.account}:*"},
            },
        }
    )


def monitoring_trust() -> str:
    """Lets RDS take the role that writes the operating system's metrics."""
    return _document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "monitoring.rds.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    )


def task_start(*, repository_arns: Sequence[str], secret_arn: str, key_arn: str, log_group_arn: str) -> str:
    """What ECS itself may do to start a task: pull these images, read this secret, write this log group."""
    region = Arn.parse(key_arn).region
    return _document(
        # The token opens the registry's door, not a repository: AWS knows no narrower resource for this action.
        {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            "Resource": sorted(repository_arns),
        },
        {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": secret_arn},
        {
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": key_arn,
            "Condition": {"StringEquals": {"kms:ViaService": f"secretsmanager.{region}.amazonaws.com"}},
        },
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": f"{log_group_arn}:log-stream:*",
        },
    )


def application(*, media_bucket_arn: str, mail: Mail | None = None, publishes: bool = True) -> str:
    """What the application may do: its files, mail, and the channel that ECS Exec opens a shell through.

    What serves and does not publish releases (`publishes` False) cannot change the scripts that visitors run.
    """
    return _document(
        *_files(media_bucket_arn),
        *([] if publishes else [_keep_static_files(media_bucket_arn)]),
        *([_send(mail)] if mail else []),
        {
            # The session is not known before it opens: AWS knows no resource for these actions.
            "Effect": "Allow",
            "Action": [
                "ssmmessages:CreateControlChannel",
                "ssmmessages:CreateDataChannel",
                "ssmmessages:OpenControlChannel",
                "ssmmessages:OpenDataChannel",
            ],
            "Resource": "*",
        },
    )


def _send(mail: Mail) -> Statement:
    return {
        "Effect": "Allow",
        "Action": ["ses:SendEmail", "ses:SendRawEmail"],
        "Resource": [mail.configuration_set_arn, mail.identity_arn],
        "Condition": {"StringEquals": {"ses:FromAddress": mail.sender}},
    }


def preparation(*, media_bucket_arn: str) -> str:
    """What the task that prepares a release may do: publish its static files, and change uploads in a migration."""
    return _document(*_files(media_bucket_arn))


def _files(media_bucket_arn: str) -> list[Statement]:
    return [
        {
            "Effect": "Allow",
            "Action": ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
            "Resource": f"{media_bucket_arn}/*",
        },
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": media_bucket_arn},
    ]


def _keep_static_files(media_bucket_arn: str) -> Statement:
    return {
        "Effect": "Deny",
        "Action": ["s3:DeleteObject", "s3:PutObject"],
        "Resource": f"{media_bucket_arn}/{STATIC_PREFIX}*",
    }


def tls_only(bucket_arn: str, *allowed: Statement) -> str:
    """Refuses whoever speaks to the bucket without TLS, beside what the other statements allow."""
    return _document(
        *allowed,
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket_arn, f"{bucket_arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    )


def publish_to(topic_arn: str, services: Sequence[str]) -> str:
    """Lets AWS services of the topic's own account publish to it."""
    return _document(
        {
            "Effect": "Allow",
            "Principal": {"Service": sorted(services)},
            "Action": "sns:Publish",
            "Resource": topic_arn,
            "Condition": {"StringEquals": {"aws:SourceAccount": Arn.parse(topic_arn).account}},
        }
    )


def _document(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
