"""IAM policy documents as functions of the ARNs they name. Pure: no resources."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

Statement = dict[str, Any]

EVENTBRIDGE = "events.amazonaws.com"
"""Principal of EventBridge's rules."""
MONITORING_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
"""The only managed policy that the program attaches."""
STATIC_PREFIX = "static/"
"""Key prefix of published static files in the media bucket (django_hosting/static_files.py)."""


class Arn(NamedTuple):
    """The parts of an ARN that policies are built from."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> "Arn":
        """Split an ARN. Raises ValueError for any other text."""
        parts = text.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn":
            raise ValueError(f"{text!r} is not an ARN (arn:partition:service:region:account:resource)")
        return cls(*parts[1:])


@dataclass(frozen=True)
class SesSender:
    """The From address that tasks may send with, and the SES resources they send through."""

    identity_arn: str
    configuration_set_arn: str | None
    """None for an identity without a default configuration set."""
    sender: str


READ_SECRET = {
    "secretsmanager": ("secretsmanager:GetSecretValue", "SecretARN"),
    "ssm": ("ssm:GetParameters", "PARAMETER_ARN"),
}
"""By service: the action that reads a value, and the key of the context that KMS checks.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html and
https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html"""


def ecs_tasks_trust(key_arn: str) -> str:
    """Trust policy: ECS tasks of the key's account and region may assume the role (confused deputy prevention)."""
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


def rds_monitoring_trust() -> str:
    """Trust policy: RDS Enhanced Monitoring may assume the role."""
    return _document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "monitoring.rds.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    )


def execution_role(*, repository_arns: Sequence[str], secret_arn: str, key_arn: str, log_group_arn: str) -> str:
    """Permissions ECS needs to start a task: pull the images, read the secret, write to the log group."""
    region = Arn.parse(key_arn).region
    return _document(
        # The token is for the whole registry: AWS defines no resource type for this action.
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


def read_secrets(keys: Mapping[str, str | None]) -> str:
    """Permission to read these secrets and parameters, and to use their keys for nothing else.

    The customer managed key of each by its ARN; None for one of AWS's own.
    """
    found: list[Statement] = []
    for service, (action, context) in READ_SECRET.items():
        arns = sorted(arn for arn in keys if Arn.parse(arn).service == service)
        encrypted = [arn for arn in arns if keys[arn]]
        if arns:
            found.append({"Effect": "Allow", "Action": action, "Resource": arns})
        if encrypted:
            callers = sorted({f"{service}.{Arn.parse(arn).region}.amazonaws.com" for arn in encrypted})
            where = {"kms:ViaService": callers, f"kms:EncryptionContext:{context}": encrypted}
            resources = sorted({key for arn in encrypted if (key := keys[arn])})
            decrypt = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": resources}
            found.append({**decrypt, "Condition": {"StringEquals": where}})
    return _document(*found)


def task_role(*, media_bucket_arn: str, key_arn: str, ses: SesSender | None = None) -> str:
    """Permissions of the serving tasks: media files, mail, and the channel of ECS Exec.

    Static files are read-only, so a compromised task cannot change the scripts that visitors run.
    """
    return _document(
        *_media_files(media_bucket_arn, key_arn),
        {
            "Effect": "Deny",
            "Action": ["s3:DeleteObject", "s3:PutObject"],
            "Resource": f"{media_bucket_arn}/{STATIC_PREFIX}*",
        },
        *([_send_mail(ses)] if ses else []),
        {
            # AWS defines no resource type for these actions.
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


def migration_role(*, media_bucket_arn: str, key_arn: str) -> str:
    """Permissions of the migration task: publish static files, and change uploads in a data migration."""
    return _document(*_media_files(media_bucket_arn, key_arn))


def _send_mail(ses: SesSender) -> Statement:
    return {
        "Effect": "Allow",
        "Action": ["ses:SendEmail", "ses:SendRawEmail"],
        "Resource": [arn for arn in (ses.configuration_set_arn, ses.identity_arn) if arn],
        "Condition": {"StringEquals": {"ses:FromAddress": ses.sender}},
    }


def _media_files(bucket_arn: str, key_arn: str) -> list[Statement]:
    return [
        {
            "Effect": "Allow",
            "Action": ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
            "Resource": f"{bucket_arn}/*",
        },
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": bucket_arn},
        {
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": key_arn,
            "Condition": {
                "StringEquals": {"kms:ViaService": f"s3.{Arn.parse(key_arn).region}.amazonaws.com"},
                # Nothing else that the key encrypts. With a bucket key the context is the bucket, else the object.
                "ArnLike": {"kms:EncryptionContext:aws:s3:arn": [bucket_arn, f"{bucket_arn}/*"]},
            },
        },
    ]


def tls_only_bucket(bucket_arn: str, *allowed: Statement) -> str:
    """Bucket policy: the `allowed` statements, and a denial of every request without TLS."""
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


def topic_publishers(topic_arn: str, services: Sequence[str]) -> str:
    """Topic policy: these AWS services may publish on behalf of the topic's own account.

    EventBridge has a statement of its own: AWS's example for it has no condition, and rules of another account publish
    by a role of theirs (docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html).
    """
    publish: Statement = {"Effect": "Allow", "Action": "sns:Publish", "Resource": topic_arn}
    account = {"StringEquals": {"aws:SourceAccount": Arn.parse(topic_arn).account}}
    others = sorted(set(services) - {EVENTBRIDGE})
    eventbridge = {**publish, "Principal": {"Service": EVENTBRIDGE}}
    return _document(
        {**publish, "Principal": {"Service": others}, "Condition": account},
        *([eventbridge] if EVENTBRIDGE in services else []),
    )


def _document(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
