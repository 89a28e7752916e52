"""Checks of buckets, image repositories, keys and log groups."""

import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from ops.checks.check import REPAIR, Check, check
from ops.stack import Stack

AREA = "Files, images, keys, logs"


def checks(stack: Stack) -> Iterator[Check]:
    """Public access and encryption of buckets, immutable and scanned images, rotated keys, kept logs."""
    yield from _buckets(stack)
    yield from _repositories(stack)
    kms: Any = stack.session.client("kms")
    keys = stack.arns("kms:key")
    fixed = [one for one in keys if not kms.get_key_rotation_status(KeyId=one)["KeyRotationEnabled"]]
    yield check(AREA, "Keys are rotated each year", not fixed, found=" ".join(fixed), fix=REPAIR, control="KMS.4")
    yield from _log_groups(stack)


def _buckets(stack: Stack) -> Iterator[Check]:
    s3: Any = stack.session.client("s3")
    buckets = [arn.rpartition(":")[2] for arn in stack.arns("s3")]
    public = [one for one in buckets if not _blocks_public_access(s3, one)]
    rule = "No bucket can be made public"
    yield check(AREA, rule, not public, found=" ".join(public), fix=REPAIR, control="S3.1")
    clear = [one for one in buckets if not _demands_tls(s3, one)]
    yield check(AREA, "Buckets answer over TLS only", not clear, found=" ".join(clear), fix=REPAIR, control="S3.5")


def _blocks_public_access(s3: Any, bucket: str) -> bool:
    try:
        return all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    except ClientError:
        return False


def _demands_tls(s3: Any, bucket: str) -> bool:
    try:
        policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    except ClientError:
        return False
    return any(
        one["Effect"] == "Deny" and one.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport") == "false"
        for one in policy["Statement"]
    )


def _repositories(stack: Stack) -> Iterator[Check]:
    ecr: Any = stack.session.client("ecr")
    names = [arn.partition("repository/")[2] for arn in stack.arns("ecr:repository")]
    found = ecr.describe_repositories(repositoryNames=names)["repositories"] if names else []
    mutable = [one["repositoryName"] for one in found if one["imageTagMutability"] != "IMMUTABLE"]
    rule = "A pushed image cannot be replaced"
    yield check(AREA, rule, not mutable, found=" ".join(mutable), fix=REPAIR, control="ECR.2")
    unscanned = [one["repositoryName"] for one in found if not one["imageScanningConfiguration"]["scanOnPush"]]
    rule = "Images are scanned when they are pushed"
    yield check(AREA, rule, not unscanned, found=" ".join(unscanned), fix=REPAIR, control="ECR.1")


def _log_groups(stack: Stack) -> Iterator[Check]:
    logs: Any = stack.session.client("logs")
    names = [arn.split(":", 6)[6].removesuffix(":*") for arn in stack.arns("logs:log-group")]
    pages = logs.get_paginator("describe_log_groups").paginate()
    found = [one for page in pages for one in page["logGroups"] if one["logGroupName"] in names]
    rule = "Logs are kept for a year, encrypted"
    short = [one["logGroupName"] for one in found if one.get("retentionInDays", 0) < 365 or not one.get("kmsKeyId")]
    fix = "pulumi config set logDays 365 && pulumi up"
    yield check(AREA, rule, not short, found=" ".join(short), fix=fix, otherwise="warning")
