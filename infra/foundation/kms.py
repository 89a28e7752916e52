"""The KMS key that encrypts logs, database, secrets, images, media files and alarm notifications."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class EncryptionKeyArgs:
    """Arguments of the encryption key."""

    region: str
    publishers: Sequence[str]
    """AWS services that publish to the stack's SNS topic, which the key encrypts."""
    protect: bool
    """Whether Pulumi refuses to delete the key; without it database, backups and files are unreadable."""
    outlives_stack: bool
    """Whether `pulumi destroy` leaves the key in the account, because it encrypts the final snapshot."""


class EncryptionKey(pulumi.ComponentResource):
    """A customer managed key, rotated every year; IAM policies of the account decide who uses it."""

    key_arn: pulumi.Output[str]

    def __init__(self, name: str, args: EncryptionKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:EncryptionKey", name, None, opts)
        caller = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(parent=self))
        key = aws.kms.Key(
            f"{name}-data",
            description="Encrypts the stack's logs, database, secrets, images, media files and notifications",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            policy=caller.account_id.apply(
                lambda account: json.dumps(key_policy(account, args.region, args.publishers))
            ),
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, retain_on_delete=args.outlives_stack),
        )
        self.key_arn = key.arn
        self.register_outputs({"key_arn": self.key_arn})


def key_policy(account: str, region: str, publishers: Sequence[str]) -> dict[str, Any]:
    """Key policy: IAM policies decide inside the account; AWS services use the key for its log groups and SNS topics.

    SNS uses the key for a publisher, and not every publisher's request carries `aws:SourceAccount`; the encryption
    context does in each case (docs.aws.amazon.com/sns/latest/dg/sns-key-management.html).
    """
    root = {
        "Sid": "AccountDecidesByIam",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    logs = {
        "Sid": "LogsOfThisAccount",
        "Effect": "Allow",
        "Principal": {"Service": f"logs.{region}.amazonaws.com"},
        "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
        "Resource": "*",
        "Condition": {
            "ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{region}:{account}:log-group:*"}
        },
    }
    topics = {
        "Sid": "TopicsOfThisAccount",
        "Effect": "Allow",
        "Principal": {"Service": sorted(publishers)},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
        "Condition": {"ArnLike": {"kms:EncryptionContext:aws:sns:topicArn": f"arn:aws:sns:{region}:{account}:*"}},
    }
    return {"Version": "2012-10-17", "Statement": [root, logs, topics]}
