"""The KMS key that encrypts logs, database, secrets and images."""

import json
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class EncryptionKeyArgs:
    """Arguments of the encryption key."""

    region: str
    protect: bool
    """Whether Pulumi refuses to delete the key; without it the database and its backups are unreadable."""
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
            description="Encrypts the stack's logs, database, secrets and images",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            policy=caller.account_id.apply(lambda account: json.dumps(key_policy(account, args.region))),
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, retain_on_delete=args.outlives_stack),
        )
        self.key_arn = key.arn
        self.register_outputs({"key_arn": self.key_arn})


def key_policy(account: str, region: str) -> dict[str, Any]:
    """Key policy: IAM policies decide inside the account; CloudWatch Logs uses the key for its log groups."""
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
    return {"Version": "2012-10-17", "Statement": [root, logs]}
